import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  classify,
  createNat,
  NAT_CALL_TIMEOUT_MS,
  type NatCall,
  type NatResult,
} from '../../lib/delivery/nat.ts';
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

  it.each([408, 409, 423, 425, 429, 500, 502, 503, 504, 507, 521, 599])('%i may pass', (status) => {
    expect(classify({ status, retryAfter: null })).toEqual({
      verdict: 'may-pass',
      error: `status ${status}`,
    });
  });

  // 0: what the fetch standard gives for a redirect that is not followed.
  it.each([0, 300, 301, 302, 303, 304, 307, 308, 404, 405, 410])(
    '%i: the address is wrong',
    (status) => {
      expect(classify({ status, retryAfter: null })).toEqual({
        verdict: 'address-wrong',
        error: `status ${status}`,
      });
    },
  );

  it.each([401, 403])("%i: the workspace's key is bad; put off, not killed", (status) => {
    expect(classify({ status, retryAfter: null })).toEqual({
      verdict: 'key-rejected',
      error: `status ${status}`,
    });
  });

  it('501 and every other 4xx never will', () => {
    const temporary = [401, 403, 404, 405, 408, 409, 410, 423, 425, 429];
    const others = statuses(400, 499).filter((status) => !temporary.includes(status));

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

  it.each([429, 503, 401, 302, 404])('hands on the Retry-After of a %i as it came', (status) => {
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
    ['a certificate', fetchFailed(withCode('CERT_HAS_EXPIRED')), 'network CERT_HAS_EXPIRED'],
    ['no code at all', fetchFailed(undefined), 'network TypeError'],
    ['a cause without a code', fetchFailed(new RangeError('x')), 'network RangeError'],
    ['a cause that is no error', fetchFailed('https://intake.nat.example/x'), 'network TypeError'],
    ['what is no error', 'https://intake.nat.example/x', 'network string'],
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

  it('continues the trace of the sender with a new span for each try, and begins none', async () => {
    const { url, requests } = await natThat((_, response) => response.writeHead(503).end());
    const nat = createNat(url);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = { ...CALL, event: { ...CALL.event, traceparent } };

    await nat(traced);
    await nat(traced);
    await nat(CALL);
    await nat({ ...CALL, event: { ...CALL.event, traceparent: 'damaged' } });

    const [first, second, ...others] = requests.map(({ headers }) => headers.traceparent);
    for (const child of [first, second]) {
      expect(child).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[\da-f]{16}-01$/);
    }
    expect(new Set([traceparent, first, second]).size).toBe(3);
    expect(others).toEqual([undefined, undefined]);
  });

  it('sends the same Idempotency-Key at every try of the same interaction', async () => {
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

    expect(answer).toEqual({ verdict: 'address-wrong', error: 'status 307' });
    expect(requests.map((request) => request.url)).toEqual(['/']);
  });

  it('hands on Retry-After', async () => {
    const { url } = await natThat((_, response) =>
      response.writeHead(429, { 'retry-after': '120' }).end('slow down, peter@example.com'),
    );

    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: 'status 429',
      retryAfter: '120',
    });
  });

  it('takes an answer that is cut off for none, though it began with 200', async () => {
    const { url } = await natThat((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"status":', () => response.socket?.destroy());
    });

    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: expect.stringMatching(/^network \w+$/),
    });
  });

  it('takes a connection that is reset for what may pass', async () => {
    const { url } = await natThat((_, response) => response.socket?.resetAndDestroy());

    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: expect.stringMatching(/^network (ECONNRESET|UND_ERR_SOCKET)$/),
    });
  });

  it('takes a port where nobody listens for what may pass', async () => {
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

describe('an answer that is larger than any answer of Nat', () => {
  const MEGABYTE = 1024 * 1024;
  /** Far less than what is sent, far more than what a call needs. */
  const MAX_GROWTH = 40 * MEGABYTE;

  /** Calls Nat again and again. @returns how much memory the process took in that time at most */
  async function growthOf(url: string, expected: NatResult): Promise<number> {
    const nat = createNat(url);
    await nat(CALL);
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 5);
    try {
      for (let n = 0; n < 20; n += 1) expect(await nat(CALL)).toEqual(expected);
    } finally {
      clearInterval(watch);
    }
    return Math.max(most, process.memoryUsage.rss()) - before;
  }

  it.each([
    [200, { verdict: 'accepted' }],
    [429, { verdict: 'may-pass', error: 'status 429' }],
  ] as const)('counts by its status (%i) when it has no end', async (status, expected) => {
    const chunk = Buffer.alloc(MEGABYTE, 'x');
    const { url } = await natThat((_, response) => {
      response.writeHead(status);
      Readable.from(repeat(chunk)).pipe(response);
    });
    expect(await growthOf(url, expected)).toBeLessThan(MAX_GROWTH);
  });

  it('counts by its status when it is 400 KB of gzip that unpack to gigabytes', async () => {
    const bomb = gzipBomb();
    expect(bomb.byteLength).toBeLessThan(400 * 1024);
    const { url } = await natThat((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb);
    });
    expect(await growthOf(url, { verdict: 'accepted' })).toBeLessThan(MAX_GROWTH);
  });

  it.each([
    ['64 KB and its end', 64 * 1024, true, { verdict: 'accepted' }],
    ['64 KB and no end', 64 * 1024, false, { verdict: 'may-pass', error: 'timeout' }],
    ['more than 64 KB and no end', 64 * 1024 + 1, false, { verdict: 'accepted' }],
  ] as const)('is read up to its limit: %s', async (_what, bytes, hasEnd, expected) => {
    const { url } = await natThat((_, response) => {
      response.writeHead(200).write(Buffer.alloc(bytes, 'x'));
      if (hasEnd) response.end();
    });
    const soon = AbortSignal.timeout(500);
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(soon);
    expect(await createNat(url)(CALL)).toEqual(expected);
  });

  it('is no answer when its gzip is broken', async () => {
    const { url } = await natThat((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip');
    });
    expect(await createNat(url)(CALL)).toEqual({
      verdict: 'may-pass',
      error: 'network Z_DATA_ERROR',
    });
  });
});

describe('what fetch refuses to call', () => {
  it.each([
    ['a bad port', 'http://127.0.0.1:6000', 'network bad port'],
    ['a url that is none', 'not-a-url', 'network ERR_INVALID_URL'],
    ['a url with a password', 'https://user:secret@nat.example', 'network TypeError'],
    ['another protocol', 'ftp://nat.example', 'network Error'],
  ])('has a code: %s', async (_what, url, error) => {
    expect(await createNat(url)(CALL)).toEqual({ verdict: 'may-pass', error });
  });
});

function* repeat(chunk: Buffer): Generator<Buffer> {
  for (;;) yield chunk;
}

/** Two layers of gzip. The inner one has many members, as RFC 1952 allows: 4 GB of zeros. */
function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(16 * 1024 * 1024));
  return gzipSync(Buffer.concat(Array(256).fill(member)));
}

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** A Nat on a free port that keeps what it was sent, and answers as told. */
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
