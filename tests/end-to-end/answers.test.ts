import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { openApiDocument } from '../../cli/openapi/document.ts';
import type { RejectionCode } from '../../lib/event/rejection.ts';
import { NOT_FOUND } from '../../lib/intake/response.ts';
import {
  basic,
  ledgerItems,
  operate,
  recommended,
  type SendOptions,
  send,
  someone,
  timelineOf,
} from './client.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const known = someone();
const disabledKey = `key-${someone()}`;
const signedKey = `key-${someone()}`;
const sharedSecret = 'a shared secret';

interface Row {
  what: string;
  status: number;
  code: RejectionCode;
  body: Parameters<typeof send>[0];
  options?: SendOptions;
}

function bigBatch(events: number): object {
  return { batch: Array.from({ length: events }, () => ({ type: 'track' })) };
}

const rows: Row[] = [
  { what: 'what is not JSON', status: 400, code: 'json_invalid', body: '{' },
  { what: 'an empty body', status: 400, code: 'json_invalid', body: '' },
  { what: 'null', status: 400, code: 'event_not_object', body: 'null' },
  {
    what: 'a JSON string that holds an event',
    status: 400,
    code: 'event_not_object',
    body: JSON.stringify(JSON.stringify(recommended(someone()))),
  },
  {
    what: 'an event without an email',
    status: 400,
    code: 'email_missing',
    body: recommended('x', { traits: {} }),
  },
  {
    what: 'an invalid email',
    status: 400,
    code: 'email_invalid',
    body: recommended('peter at example.com'),
  },
  {
    what: 'an email of another type',
    status: 400,
    code: 'field_not_string',
    body: recommended('x', { traits: { email: 5 } }),
  },
  {
    what: 'an event without a timestamp',
    status: 400,
    code: 'timestamp_missing',
    body: recommended(someone(), { timestamp: undefined }),
  },
  {
    what: 'a timestamp without an offset',
    status: 400,
    code: 'timestamp_invalid',
    body: recommended(someone(), { timestamp: '2020-05-31T17:55:47' }),
  },
  {
    what: 'a timestamp more than 24 hours in the future',
    status: 400,
    code: 'timestamp_in_future',
    body: recommended(someone(), {
      timestamp: new Date(Date.now() + DAY_MS + 60_000).toISOString(),
    }),
  },
  {
    what: 'a url that is not a string',
    status: 400,
    code: 'field_not_string',
    body: recommended(someone(), { page: { url: {} } }),
  },
  {
    what: 'a field in two casings',
    status: 400,
    code: 'field_repeated',
    body: { type: 'identify', email: 'a@b.co', Email: 'c@d.co' },
  },
  {
    what: 'nesting a hundred thousand levels deep',
    status: 400,
    code: 'nesting_too_deep',
    body: `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  },
  {
    what: 'a lone surrogate in a url',
    status: 400,
    code: 'text_malformed',
    body: recommended(someone(), { page: { url: 'https://example.com/\ud83d' } }),
  },
  {
    what: 'an array as traits',
    status: 400,
    code: 'field_not_object',
    body: recommended('x', { traits: [{ email: known }] }),
  },
  {
    what: 'bytes that are not UTF-8',
    status: 400,
    code: 'utf8_invalid',
    body: new Uint8Array([0x22, 0xff, 0x22]),
    options: { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  },
  {
    what: 'a body that is not gzip, although content-encoding says so',
    status: 400,
    code: 'gzip_invalid',
    body: recommended(someone()),
    options: { headers: { 'content-encoding': 'gzip' } },
  },
  {
    what: 'a batch that is not an array',
    status: 400,
    code: 'batch_not_array',
    body: { batch: {} },
  },
  {
    what: 'no API key',
    status: 401,
    code: 'api_key_missing',
    body: recommended(someone()),
    options: { headers: { authorization: '' } },
  },
  {
    what: 'an unknown API key',
    status: 401,
    code: 'api_key_unknown',
    body: recommended(someone()),
    options: { headers: { authorization: basic('nobody') } },
  },
  {
    what: 'a missing signature',
    status: 401,
    code: 'signature_missing',
    body: recommended(someone()),
    options: { headers: { authorization: basic(signedKey) } },
  },
  {
    what: 'a wrong signature',
    status: 401,
    code: 'signature_wrong',
    body: recommended(someone()),
    options: { headers: { authorization: basic(signedKey), 'x-signature': 'a'.repeat(40) } },
  },
  {
    what: 'a disabled workspace',
    status: 403,
    code: 'workspace_disabled',
    body: recommended(someone()),
    options: { headers: { authorization: basic(disabledKey) } },
  },
  {
    what: 'an event over 32 KB',
    status: 413,
    code: 'event_too_large',
    body: recommended(someone(), { padding: 'x'.repeat(32 * 1024) }),
  },
  {
    what: 'a body over 5 MB',
    status: 413,
    code: 'body_too_large',
    body: `[${' '.repeat(5 * 1024 * 1024)}]`,
  },
  {
    what: 'more than 4,000 events',
    status: 413,
    code: 'too_many_events',
    body: bigBatch(4001),
  },
  {
    what: 'more than 500,000 brackets',
    status: 413,
    code: 'too_many_brackets',
    body: `[${'[],'.repeat(500_000)}[]]`,
  },
  {
    what: 'a gzip body that unpacks past 5 MB',
    status: 413,
    code: 'body_too_large',
    body: new Uint8Array(gzipSync(' '.repeat(6 * 1024 * 1024))),
    options: { headers: { 'content-encoding': 'gzip' } },
  },
  {
    what: 'another content type',
    status: 415,
    code: 'content_type_unsupported',
    body: JSON.stringify(recommended(someone())),
    options: { headers: { 'content-type': 'image/png' } },
  },
  {
    what: 'another content encoding',
    status: 415,
    code: 'content_encoding_unsupported',
    body: recommended(someone()),
    options: { headers: { 'content-encoding': 'br' } },
  },
  {
    what: 'another type of call',
    status: 501,
    code: 'type_not_identify',
    body: recommended(someone(), { type: 'track' }),
  },
];

beforeAll(async () => {
  const add = (apiKey: string, more: object) =>
    operate({ command: 'workspace.add', name: 'Answers', apiKey, ...more });
  await add(disabledKey, { workspace: 'answers-disabled' });
  await operate({ command: 'workspace.disable', workspace: 'answers-disabled' });
  await add(signedKey, { sharedSecret });
  await send(recommended(known));
  await vi.waitFor(async () => expect(await pendingItems()).toEqual([]), { timeout: 60_000 });
});

describe('what is rejected leaves ledger and timelines as they were', () => {
  it.each(rows)('$status for $what', async ({ status, code, body, options }) => {
    const before = [await ledgerItems(), await contactsAtNat()];
    const answer = await send(body, options);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.stringify(answer.body)).not.toContain(known);
    expect(answer.body).toEqual({ code, message: expect.any(String) });
    expect([await ledgerItems(), await contactsAtNat()]).toEqual(before);
  });

  it('400 for an array of which every event is rejected, with one code per event', async () => {
    const before = await ledgerItems();
    const batch = [recommended('nobody'), recommended(known, { timestamp: 'yesterday' })];
    const rejected = (code: RejectionCode) => ({
      status: 'rejected',
      code,
      message: expect.any(String),
    });
    const results = [rejected('email_invalid'), rejected('timestamp_invalid')];
    expect(await send(batch, { path: '/v1/batch' })).toMatchObject({
      status: 400,
      body: { code: 'email_invalid', message: expect.any(String), results },
    });
    expect(await send({ batch }, { path: '/v1/batch' })).toMatchObject({
      status: 200,
      body: { results },
    });
    expect(await ledgerItems()).toEqual(before);
  });

  it('names the scheme to use with a 401', async () => {
    const { headers } = await send({}, { headers: { authorization: 'Digest x' } });
    expect(headers.get('www-authenticate')).toMatch(/^Basic /);
  });
});

describe('an accepted request', () => {
  it('is answered with one result per event, in order, and 200', async () => {
    const [first, second] = [someone(), someone()];
    const events = [
      recommended(first),
      { type: 'track', event: 'Signed up' },
      recommended(first),
      recommended('nobody'),
      recommended(known),
      recommended(second, { type: 'Identify' }),
    ];
    for (const body of [{ batch: events }, events]) {
      const again = body === events;
      expect(await send(body, { path: '/v1/batch' })).toMatchObject({
        status: 200,
        body: {
          results: [
            { status: again ? 'duplicate' : 'accepted' },
            { status: 'ignored', code: 'type_not_identify', message: expect.any(String) },
            { status: 'duplicate' },
            { status: 'rejected', code: 'email_invalid', message: expect.any(String) },
            { status: 'duplicate' },
            { status: again ? 'duplicate' : 'accepted' },
          ],
        },
      });
    }
  });

  it('may hold 4,000 events', async () => {
    const contacts = 200;
    const batch = Array.from({ length: 4000 }, (_, n) => recommended(`${n % contacts}-${known}`));
    const answer = await send({ batch }, { path: '/v1/batch' });
    expect(answer.status).toBe(200);
    const results = batch.map((_, n) => ({ status: n < contacts ? 'accepted' : 'duplicate' }));
    expect(answer.body).toEqual({ results });
    await expect.poll(pendingItems).toEqual([]);
  });

  it('may be signed', async () => {
    const body = JSON.stringify(recommended(someone()));
    const signature = createHmac('sha1', sharedSecret).update(body).digest('hex');
    const headers = { authorization: basic(signedKey), 'x-signature': signature };
    expect((await send(body, { headers })).status).toBe(200);
  });

  it.each([
    ['with a byte-order mark', (json: string) => `\ufeff${json}`, 'application/json'],
    [
      'with the content type of a form',
      (json: string) => json,
      'application/x-www-form-urlencoded',
    ],
    [
      "with a beacon's content type, plain text",
      (json: string) => json,
      'text/plain;charset=UTF-8',
    ],
    [
      'with the content type of another kind of JSON',
      (json: string) => json,
      'application/vnd.api+json; charset=utf-8',
    ],
  ])('may have a body %s', async (_how, write, type) => {
    const body = write(JSON.stringify(recommended(someone())));
    expect((await send(body, { headers: { 'content-type': type } })).status).toBe(200);
  });

  it('may have the API key as a bearer token', async () => {
    const headers = { authorization: 'Bearer local-api-key' };
    expect((await send(recommended(someone()), { headers })).status).toBe(200);
  });

  it('rejects one event of a batch for its nesting, and not its neighbours', async () => {
    const [first, last] = [someone(), someone()].map((email) => JSON.stringify(recommended(email)));
    const deep = `{"type":"identify","a":${'['.repeat(15_000)}${']'.repeat(15_000)}}`;
    const answer = await send(`{"batch":[${first},${deep},${last}]}`);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        results: [
          { status: 'accepted' },
          { status: 'rejected', code: 'nesting_too_deep' },
          { status: 'accepted' },
        ],
      },
    });
  });

  it.each(['/v1/import', '/v1/import/', '/v1/batch/', '/v1/identify//'])(
    'is accepted at %s, too, with the API key in the body',
    async (path) => {
      const body = { batch: [recommended(someone())], writeKey: 'local-api-key' };
      const response = await fetch(`${inject('apiUrl')}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ results: [{ status: 'accepted' }] });
    },
  );

  it('needs no type at /v1/identify, where the path says it', async () => {
    const event = recommended(someone(), { type: undefined });
    expect((await send(event, { path: '/v1/batch' })).status).toBe(400);
    expect(await send(event)).toMatchObject({ status: 200, body: { status: 'accepted' } });
  });

  it('has the context of its batch where it has none of its own', async () => {
    const email = someone();
    const batch = [recommended(email, { page: undefined })];
    const context = { page: { url: 'https://example.com/shared' } };
    await send({ batch, context }, { path: '/v1/batch' });
    await expect
      .poll(async () => (await timelineOf(email))[0]?.description)
      .toBe('https://example.com/shared');
  });

  it("may hold Python's NaN", async () => {
    const json = JSON.stringify(recommended(someone(), { score: 0 })).replace(':0', ':NaN');
    expect(await send(json)).toMatchObject({ status: 200, body: { status: 'accepted' } });
  });

  it.each([
    ['GET', '/v1/identify'],
    ['POST', '/v1/identify/more'],
    ['POST', '/'],
  ])('is not found at another path: %s %s', async (method, path) => {
    const response = await fetch(`${inject('apiUrl')}${path}`, { method });
    expect([response.status, await response.json()]).toEqual([404, NOT_FOUND]);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['named like parts of a prototype', '"__proto__":{"a":1},"constructor":{"prototype":1},'],
    ['named exactly alike, of which the last counts', '"traits":{"email":"nobody"},'],
  ])('takes an event with fields %s', async (_what, fields) => {
    const json = JSON.stringify(recommended(someone())).replace('{', `{${fields}`);
    expect((await send(`[${json}]`)).status).toBe(200);
    expect(await send(json)).toMatchObject({ status: 200, body: { status: 'duplicate' } });
  });

  it('answers a health check without authentication', async () => {
    const response = await fetch(`${inject('apiUrl')}/v1/health`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('describes itself in OpenAPI without authentication', async () => {
    const response = await fetch(`${inject('apiUrl')}/openapi.json`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(openApiDocument());
  });
});

async function pendingItems() {
  return (await ledgerItems()).filter(({ status }) => status === 'pending');
}

/** The first message of the page's stream: every contact that Nat knows. */
async function contactsAtNat(): Promise<string> {
  const abort = new AbortController();
  const response = await fetch(`${inject('natUrl')}/stream`, { signal: abort.signal });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  abort.abort();
  return Buffer.from(first?.value ?? []).toString();
}
