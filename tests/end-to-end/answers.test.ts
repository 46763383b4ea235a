import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { openApiDocument } from '../../cli/openapi/document.ts';
import { REJECTIONS } from '../../lib/event/rejection.ts';
import {
  basic,
  ledgerItems,
  operate,
  recommended,
  type SendOptions,
  send,
  someone,
} from './client.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const known = someone();
const disabledKey = `key-${someone()}`;
const signedKey = `key-${someone()}`;
const sharedSecret = 'a shared secret';

interface Row {
  what: string;
  status: number;
  message: RegExp;
  body: Parameters<typeof send>[0];
  options?: SendOptions;
}

function bigBatch(events: number): object {
  return { batch: Array.from({ length: events }, () => ({ type: 'track' })) };
}

/** The messages that docs/troubleshooting.md has a remedy for. */
const DOCUMENTED = Object.values(REJECTIONS).map(({ expected }) => {
  const [before, after = ''] = expected.split('{}').map((text) => RegExp.escape(text));
  return new RegExp(`^[^:]+: expected ${before}.*${after}, got .+$`);
});

const rows: Row[] = [
  { what: 'what is not JSON', status: 400, message: /^body: expected JSON/, body: '{' },
  { what: 'an empty body', status: 400, message: /^body: expected JSON/, body: '' },
  {
    what: 'an event without an email',
    status: 400,
    message: /^email: expected an email, .*got nothing/,
    body: recommended('x', { traits: {} }),
  },
  {
    what: 'an invalid email',
    status: 400,
    message: /^traits\.email: expected one email address/,
    body: recommended('peter at example.com'),
  },
  {
    what: 'an email of another type',
    status: 400,
    message: /^traits\.email: expected a string, got a number/,
    body: recommended('x', { traits: { email: 5 } }),
  },
  {
    what: 'an event without a timestamp',
    status: 400,
    message: /^timestamp: expected an ISO 8601.*got nothing/,
    body: recommended(someone(), { timestamp: undefined }),
  },
  {
    what: 'a timestamp without an offset',
    status: 400,
    message: /^timestamp: expected an ISO 8601/,
    body: recommended(someone(), { timestamp: '2020-05-31T17:55:47' }),
  },
  {
    what: 'a timestamp more than 24 hours in the future',
    status: 400,
    message: /^timestamp: .*24 hours in the future/,
    body: recommended(someone(), {
      timestamp: new Date(Date.now() + DAY_MS + 60_000).toISOString(),
    }),
  },
  {
    what: 'a url that is not a string',
    status: 400,
    message: /^page\.url: expected a string, got an object/,
    body: recommended(someone(), { page: { url: {} } }),
  },
  {
    what: 'a field twice',
    status: 400,
    message: /^email: expected each field once, in one casing, got one twice$/,
    body: '{"type":"identify","email":"a@b.co","email":"c@d.co"}',
  },
  {
    what: 'a field in two casings',
    status: 400,
    message: /^email: expected each field once, in one casing, got it in several$/,
    body: { type: 'identify', email: 'a@b.co', Email: 'c@d.co' },
  },
  {
    what: 'a name of the prototype',
    status: 400,
    message: /^the event: expected no field named __proto__ or constructor, got one$/,
    body: '{"type":"identify","__proto__":{"email":"a@b.co"}}',
  },
  {
    what: 'nesting a hundred thousand levels deep',
    status: 400,
    message: /^the event: expected at most 100 levels of nesting, got more$/,
    body: `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  },
  {
    what: 'a lone surrogate in a url',
    status: 400,
    message: /^page\.url: expected well-formed Unicode, got a lone surrogate$/,
    body: recommended(someone(), { page: { url: 'https://example.com/\ud83d' } }),
  },
  {
    what: 'an array as traits',
    status: 400,
    message: /^traits: expected an object, got an array$/,
    body: recommended('x', { traits: [{ email: known }] }),
  },
  {
    what: 'bytes that are not UTF-8',
    status: 400,
    message: /^body: expected UTF-8 text, got other bytes$/,
    body: new Uint8Array([0x22, 0xff, 0x22]),
    options: { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  },
  {
    what: 'a body that is not gzip, although content-encoding says so',
    status: 400,
    message: /^body: expected gzip, as content-encoding says, got other bytes$/,
    body: recommended(someone()),
    options: { headers: { 'content-encoding': 'gzip' } },
  },
  {
    what: 'a batch that is not an array',
    status: 400,
    message: /^batch: expected an array/,
    body: { batch: {} },
  },
  {
    what: 'no API key',
    status: 401,
    message: /^Authorization: /,
    body: recommended(someone()),
    options: { headers: { authorization: '' } },
  },
  {
    what: 'an unknown API key',
    status: 401,
    message: /^Authorization: expected an API key that is known/,
    body: recommended(someone()),
    options: { headers: { authorization: basic('nobody') } },
  },
  {
    what: 'a missing signature',
    status: 401,
    message: /^X-Signature: /,
    body: recommended(someone()),
    options: { headers: { authorization: basic(signedKey) } },
  },
  {
    what: 'a wrong signature',
    status: 401,
    message: /^X-Signature: /,
    body: recommended(someone()),
    options: { headers: { authorization: basic(signedKey), 'x-signature': 'a'.repeat(40) } },
  },
  {
    what: 'a disabled workspace',
    status: 403,
    message: /disabled/,
    body: recommended(someone()),
    options: { headers: { authorization: basic(disabledKey) } },
  },
  {
    what: 'an event over 32 KB',
    status: 413,
    message: /^the event: expected at most 32 KB/,
    body: recommended(someone(), { padding: 'x'.repeat(32 * 1024) }),
  },
  {
    what: 'a body over 5 MB',
    status: 413,
    message: /^body: expected at most 5 MB/,
    body: `[${' '.repeat(5 * 1024 * 1024)}]`,
  },
  {
    what: 'more than 4,000 events',
    status: 413,
    message: /^batch: expected at most 4,000 events, got 4001/,
    body: bigBatch(4001),
  },
  {
    what: 'a gzip body that unpacks past 5 MB',
    status: 413,
    message: /^body: expected at most 5 MB/,
    body: new Uint8Array(gzipSync(' '.repeat(6 * 1024 * 1024))),
    options: { headers: { 'content-encoding': 'gzip' } },
  },
  {
    what: 'another content type',
    status: 415,
    message: /^content-type: expected application\/json/,
    body: JSON.stringify(recommended(someone())),
    options: { headers: { 'content-type': 'image/png' } },
  },
  {
    what: 'another content encoding',
    status: 415,
    message: /^content-encoding: expected gzip/,
    body: recommended(someone()),
    options: { headers: { 'content-encoding': 'br' } },
  },
  {
    what: 'another type of call',
    status: 501,
    message: /Nat only accepts identify calls/,
    body: recommended(someone(), { type: 'track' }),
  },
  {
    what: 'a batch of which every event is rejected',
    status: 400,
    message: /./,
    body: { batch: [recommended('nobody'), recommended(known, { timestamp: 'yesterday' })] },
    options: { path: '/v1/batch' },
  },
];

beforeAll(async () => {
  const add = (apiKey: string, more: object) =>
    operate({ command: 'workspace.add', name: 'Answers', apiKey, ...more });
  await add(disabledKey, { id: 'answers-disabled' });
  await operate({ command: 'workspace.disable', id: 'answers-disabled' });
  await add(signedKey, { sharedSecret });
  await send(recommended(known));
  await vi.waitFor(async () => expect(await pendingItems()).toEqual([]), { timeout: 60_000 });
});

describe('what is refused leaves ledger and timelines as they were', () => {
  it.each(rows)('$status for $what', async ({ status, message, body, options }) => {
    const before = [await ledgerItems(), await contactsAtNat()];
    const answer = await send(body, options);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.stringify(answer.body)).not.toContain(known);
    const messages = messagesIn(answer.body);
    expect(messages.length).toBeGreaterThan(0);
    for (const one of messages) {
      expect(one).toMatch(message);
      expect(DOCUMENTED.filter((documented) => documented.test(one))).not.toEqual([]);
    }
    expect([await ledgerItems(), await contactsAtNat()]).toEqual(before);
  });

  it('names the scheme to use with a 401', async () => {
    const { headers } = await send({}, { headers: { authorization: 'Digest x' } });
    expect(headers.get('www-authenticate')).toMatch(/^Basic /);
  });
});

describe('an accepted request', () => {
  it('is answered with one result per event, in order, and 202 if any was accepted', async () => {
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
        status: again ? 200 : 202,
        body: {
          results: [
            { status: again ? 'duplicate' : 'accepted' },
            { status: 'ignored', message: expect.stringContaining('only accepts identify') },
            { status: 'duplicate' },
            { status: 'rejected', message: expect.stringContaining('traits.email') },
            { status: 'duplicate' },
            { status: again ? 'duplicate' : 'accepted' },
          ],
        },
      });
    }
  });

  it('may hold 4,000 events', async () => {
    const contacts = 1000;
    const batch = Array.from({ length: 4000 }, (_, n) => recommended(`${n % contacts}-${known}`));
    const answer = await send({ batch }, { path: '/v1/batch' });
    expect(answer.status).toBe(202);
    const results = batch.map((_, n) => ({ status: n < contacts ? 'accepted' : 'duplicate' }));
    expect(answer.body).toEqual({ results });
    await expect.poll(pendingItems).toEqual([]);
  });

  it('may be signed', async () => {
    const body = JSON.stringify(recommended(someone()));
    const signature = createHmac('sha1', sharedSecret).update(body).digest('hex');
    const headers = { authorization: basic(signedKey), 'x-signature': signature };
    expect((await send(body, { headers })).status).toBe(202);
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
    expect((await send(body, { headers: { 'content-type': type } })).status).toBe(202);
  });

  it('may have the API key as a bearer token', async () => {
    const headers = { authorization: 'Bearer local-api-key' };
    expect((await send(recommended(someone()), { headers })).status).toBe(202);
  });

  it('rejects one event of a batch for what a parser would pass over, and not its neighbours', async () => {
    const [first, last] = [someone(), someone()].map((email) => JSON.stringify(recommended(email)));
    const twice = '{"type":"identify","a":1,"a":2}';
    const answer = await send(`{"batch":[${first},${twice},{"__proto__":1},${last}]}`);
    expect(answer).toMatchObject({
      status: 202,
      body: {
        results: [
          { status: 'accepted' },
          { status: 'rejected' },
          { status: 'rejected' },
          { status: 'accepted' },
        ],
      },
    });
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

function messagesIn(body: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(body, (name, value: unknown) => {
    if (name === 'message' && typeof value === 'string') found.push(value);
    return value;
  });
  return found;
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
