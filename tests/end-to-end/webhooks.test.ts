import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import {
  basic,
  operate,
  recommended,
  type SendOptions,
  send,
  someone,
  timelineOf,
} from './client.ts';

const sharedSecret = 'ein gemeinsames Geheimnis';
const signedKey = `key-${someone()}`;
const partnerKey = `key-${someone()}`;
const standardMessage = 'Was here';

beforeAll(async () => {
  const add = { command: 'workspace.add', name: 'Webhooks' };
  await operate({ ...add, apiKey: signedKey, sharedSecret });
  await operate({ ...add, apiKey: partnerKey, standardMessage });
});

describe("Segment's partner webhook", () => {
  it('adds an identify without a url to the timeline, with the standard message', async () => {
    const email = someone();
    const body = await wireBody('segment-webhook.json', 'john.doe@email.com', email);

    const post = () => send(body, { headers: { authorization: basic(partnerKey) } });
    expect(await post()).toMatchObject({ status: 200, body: { status: 'accepted' } });
    expect(await post()).toMatchObject({ status: 200, body: { status: 'duplicate' } });
    await expect
      .poll(() => timelineOf(email, { apiKey: partnerKey }))
      .toMatchObject([{ timestamp: '2015-02-23T22:28:55.111Z', description: standardMessage }]);
  });
});

/**
 * Its source is segmentio/action-destinations, packages/destination-actions/src/destinations/webhook:
 * by default it sends the whole event, in a batch an array of events, with the headers of the mapping.
 */
describe('Segment\'s "Webhooks (Actions)", batching on', () => {
  const file = 'segment-webhook-actions-batch.json';
  const results = [
    { status: 'accepted' },
    { status: 'ignored', code: 'type_not_identify', message: expect.any(String) },
    { status: 'ignored', code: 'type_not_identify', message: expect.any(String) },
    { status: 'rejected', code: 'email_missing', message: expect.any(String) },
  ];

  it('adds the identify of an array to the timeline, and ignores the other calls', async () => {
    const email = someone();
    const body = await wireBody(file, 'zoe@example.com', email);

    const answer = await send(body, bearer(LOCAL_API_KEY));
    expect(answer).toMatchObject({ status: 200, body: { results } });
    await expect
      .poll(() => timelineOf(email))
      .toMatchObject([
        { timestamp: '2026-03-10T11:55:00.779Z', description: 'https://example.com/übersicht/' },
      ]);
  });

  it('accepts a signed body that is not ASCII', async () => {
    const email = someone();
    const body = await wireBody(file, 'zoe@example.com', email);
    expect(Buffer.byteLength(body)).toBeGreaterThan(body.length);

    const answer = await send(body, bearer(signedKey, { 'x-signature': signatureOf(body) }));
    expect(answer).toMatchObject({ status: 200, body: { results } });
    await expect.poll(() => timelineOf(email, { apiKey: signedKey })).toHaveLength(1);
  });

  it('accepts a batch whose signature is that of its first event, as Segment signs', async () => {
    const email = someone();
    const body = await wireBody(file, 'zoe@example.com', email);
    const [first, second] = JSON.parse(body);

    const signed = (event: unknown) =>
      send(body, bearer(signedKey, { 'x-signature': signatureOf(JSON.stringify(event)) }));
    expect(await signed(second)).toMatchObject({ status: 401 });
    expect(await signed(first)).toMatchObject({ status: 200, body: { results } });
  });

  it.each([
    { what: 'of another body', signature: (body: string) => signatureOf(`${body} `) },
    { what: 'made with another secret', signature: (body: string) => signatureOf(body, 'another') },
    {
      what: 'of Latin-1 instead of UTF-8',
      signature: (body: string) => signatureOf(Buffer.from(body, 'latin1')),
    },
    { what: 'in base64', signature: (body: string) => signatureOf(body, sharedSecret, 'base64') },
  ])('rejects an X-Signature $what, and writes nothing', async ({ signature }) => {
    const email = someone();
    const body = await wireBody(file, 'zoe@example.com', email);

    const rejected = await send(body, bearer(signedKey, { 'x-signature': signature(body) }));
    expect(rejected).toMatchObject({
      status: 401,
      body: { code: expect.stringMatching(/^signature_/) },
    });
    const signed = await send(body, bearer(signedKey, { 'x-signature': signatureOf(body) }));
    expect(signed).toMatchObject({ body: { results } });
  });
});

/**
 * The body is the sample of https://www.rudderstack.com/docs/destinations/webhooks/cloud-mode/, with
 * the fields that RudderStack's server adds to every event (receivedAt, request_ip, rudderId,
 * context.ip). The two headers are those of .../webhooks/setup-guide/ for POST, the default method.
 */
describe("RudderStack's webhook destination", () => {
  const headers = { 'user-agent': 'RudderLabs', 'content-type': 'application/json' };

  it('adds an identify to the timeline, from context.traits and originalTimestamp', async () => {
    const email = someone();
    const body = await wireBody('rudderstack-webhook.json', 'user@domain.com', email);

    const answer = await send(body, bearer(LOCAL_API_KEY, headers));
    expect(answer).toMatchObject({ status: 200, body: { status: 'accepted' } });
    await expect
      .poll(() => timelineOf(email))
      .toMatchObject([
        { timestamp: '2020-04-22T08:06:20.337Z', description: 'https://example.com/welcome' },
      ]);
  });
});

describe('a browser cannot send', () => {
  const origin = 'https://shop.example.com';

  it.each([
    { status: 200, body: recommended(someone()) },
    { status: 200, body: [] },
    { status: 400, body: '{' },
    { status: 401, body: {}, apiKey: 'nobody' },
    { status: 501, body: { type: 'page' } },
  ])('because a response $status has no CORS header', async ({ status, body, apiKey }) => {
    const answer = await send(body, bearer(apiKey ?? LOCAL_API_KEY, { origin }));
    expect(answer.status).toBe(status);
    expect(corsHeaders(answer.headers)).toEqual([]);
  });

  it.each(['/v1/identify', '/v1/batch', '/v1/health'])(
    'because the preflight of %s is not answered',
    async (path) => {
      const preflight = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      };
      const url = `${inject('apiUrl')}${path}`;
      const response = await fetch(url, { method: 'OPTIONS', headers: preflight });
      expect(response.status).toBe(404);
      expect(corsHeaders(response.headers)).toEqual([]);
    },
  );
});

/** The body of a file, as the sender writes it, with another address. */
async function wireBody(file: string, address: string, email: string): Promise<string> {
  const text = await readFile(new URL(`../events/${file}`, import.meta.url), 'utf8');
  return JSON.stringify(JSON.parse(text)).replaceAll(address, email);
}

/** Hex HMAC-SHA1 of a body, as Segment signs. */
function signatureOf(
  body: string | Uint8Array,
  secret = sharedSecret,
  encoding: 'hex' | 'base64' = 'hex',
): string {
  return createHmac('sha1', secret).update(body).digest(encoding);
}

/** To the path for batches, with the API key in the header that a webhook can be given. */
function bearer(apiKey: string, headers: Record<string, string> = {}): SendOptions {
  return { path: '/v1/batch', headers: { authorization: `Bearer ${apiKey}`, ...headers } };
}

function corsHeaders(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'));
}
