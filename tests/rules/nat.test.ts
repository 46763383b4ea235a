import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { classify, createNat, NAT_CALL_TIMEOUT_MS, type NatCall } from '../../lib/delivery/nat.ts';
import packageJson from '../../package.json' with { type: 'json' };

const CALL: NatCall = {
  apiKey: 'nat-key',
  idempotencyKey: 'one-and-the-same',
  event: {
    email: 'peter@example.com',
    timestamp: '2020-05-31T17:55:47.263Z',
    description: 'https://example.com',
  },
};
const statuses = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('one function classifies every outcome', () => {
  it.each([200, 201, 202, 204, 299])('%i is delivered', (status) => {
    expect(classify({ status, retryAfter: null })).toEqual({ verdict: 'accepted' });
  });

  it.each([408, 423, 425, 429, 500, 502, 503, 504, 507, 521, 599])('%i may pass', (status) => {
    expect(classify({ status, retryAfter: null })).toEqual({
      verdict: 'may-pass',
      error: `status ${status}`,
    });
  });

  it.each([301, 302, 303, 304, 307, 308])(
    '%i may pass: an operator can correct the address',
    (status) => {
      expect(classify({ status, retryAfter: null })).toMatchObject({ verdict: 'may-pass' });
    },
  );

  it.each([401, 403])('%i rejects the key of the workspace', (status) => {
    expect(classify({ status, retryAfter: null })).toEqual({
      verdict: 'key-rejected',
      error: `status ${status}`,
    });
  });

  it('501 and every other 4xx never will', () => {
    const others = statuses(400, 499).filter((s) => ![401, 403, 408, 423, 425, 429].includes(s));

    for (const status of [501, ...others]) {
      expect(classify({ status, retryAfter: '60' })).toEqual({
        verdict: 'never',
        error: `status ${status}`,
      });
    }
  });

  it('every 5xx but 501 may pass', () => {
    for (const status of statuses(500, 599).filter((s) => s !== 501)) {
      expect(classify({ status, retryAfter: null })).toMatchObject({ verdict: 'may-pass' });
    }
  });

  it.each([429, 503, 401])('returns the Retry-After of a %i unchanged', (status) => {
    expect(classify({ status, retryAfter: '-7 or so' })).toMatchObject({ retryAfter: '-7 or so' });
  });

  const withCode = (code: string) =>
    Object.assign(new Error(`${code} https://intake.nat.example/x`), { code });
  const fetchFailed = (cause: unknown) =>
    new TypeError('fetch failed for https://intake.nat.example/x', { cause });
  it.each([
    ['a timeout', new DOMException('https://intake.nat.example/x', 'TimeoutError'), 'timeout'],
    ['a reset', fetchFailed(withCode('ECONNRESET')), 'network ECONNRESET'],
    ['DNS', fetchFailed(withCode('ENOTFOUND')), 'network ENOTFOUND'],
    ['DNS for now', fetchFailed(withCode('EAI_AGAIN')), 'network EAI_AGAIN'],
    ['an answer cut off', fetchFailed(withCode('UND_ERR_SOCKET')), 'network UND_ERR_SOCKET'],
    ['a cause of a cause', fetchFailed(fetchFailed(withCode('EPIPE'))), 'network EPIPE'],
    ['a timeout inside', fetchFailed(new DOMException('x', 'TimeoutError')), 'timeout'],
    ['no code at all', fetchFailed(undefined), 'network'],
    ['a cause that is no error', fetchFailed('https://intake.nat.example/x'), 'network'],
    ['what is no error', 'https://intake.nat.example/x', 'network'],
  ])('%s may pass, and its text holds no url', (_what, error, code) => {
    expect(classify({ error })).toEqual({ verdict: 'may-pass', error: code });
  });
});

describe('POST $NAT_API_URL', () => {
  it("sends Nat's recommended format, with key, idempotency key and version", async () => {
    const { url, requests } = await natThat((_, response) => response.writeHead(204).end());

    const answer = await createNat(`${url}/identify?v=1`)(CALL);

    expect(answer).toEqual({ verdict: 'accepted' });
    expect(requests).toEqual([
      {
        method: 'POST',
        url: '/identify?v=1',
        headers: expect.objectContaining({
          // base64 of "nat-key:"
          authorization: 'Basic bmF0LWtleTo=',
          'content-type': 'application/json',
          'idempotency-key': 'one-and-the-same',
          'user-agent': `nat-destination/${packageJson.version}`,
        }),
        body: {
          type: 'identify',
          timestamp: '2020-05-31T17:55:47.263Z',
          traits: { email: 'peter@example.com' },
          page: { url: 'https://example.com' },
        },
      },
    ]);
  });

  it('sends the same Idempotency-Key with every try of an interaction', async () => {
    const { url, requests } = await natThat((_, response) => response.writeHead(503).end());
    const nat = createNat(url);

    await nat(CALL);
    await nat(CALL);

    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['one-and-the-same', 'one-and-the-same']);
  });

  it('keeps text that is not ASCII', async () => {
    const { url, requests } = await natThat((_, response) => response.end());
    const description = 'Grüße 😀 "quoted"';

    await createNat(url)({ ...CALL, event: { ...CALL.event, description } });

    expect(requests[0]?.body).toMatchObject({ page: { url: description } });
  });

  it('does not follow a redirect, which would carry the address elsewhere', async () => {
    const { url, requests } = await natThat((_, response) =>
      response.writeHead(307, { location: '/elsewhere' }).end(),
    );

    const answer = await createNat(url)(CALL);

    expect(answer).toEqual({ verdict: 'may-pass', error: 'status 307' });
    expect(requests.map((request) => request.url)).toEqual(['/']);
  });

  it('returns Retry-After', async () => {
    const { url } = await natThat((_, response) =>
      response.writeHead(429, { 'retry-after': '120' }).end('slow down, peter@example.com'),
    );

    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: 'status 429',
      retryAfter: '120',
    });
  });

  it('does not count a response that is cut off, though it began with 200', async () => {
    const { url } = await natThat((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"status":', () => response.socket?.destroy());
    });

    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: expect.stringMatching(/^network \w+$/),
    });
  });

  it('says that a reset connection may pass', async () => {
    const { url } = await natThat((_, response) => response.socket?.resetAndDestroy());

    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: expect.stringMatching(/^network (ECONNRESET|UND_ERR_SOCKET)$/),
    });
  });

  it('says that a closed port may pass', async () => {
    const { url, close } = await natThat((_, response) => response.end());
    await close();

    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: 'network ECONNREFUSED',
    });
  });

  it.each([
    ['before the answer', false],
    ['inside the answer', true],
  ])('gives up when the time is up, also %s', async (_when, begin) => {
    const { url } = await natThat((_, response) => {
      if (begin) response.writeHead(200).write('{');
    });
    const soon = AbortSignal.timeout(100);
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(soon);

    expect(await createNat(url)(CALL)).toEqual({ verdict: 'may-pass', error: 'timeout' });
    expect(timeout).toHaveBeenCalledExactlyOnceWith(NAT_CALL_TIMEOUT_MS);
  });
});

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** Starts a Nat on a free port. It records the requests. */
async function natThat(answer: RequestListener) {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, headers, body: JSON.parse(await text(request)) });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = addressOf(server.address());
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${port}`, requests, close };
}

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('expected a TCP port');
  return address;
}
