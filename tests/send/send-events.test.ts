import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import * as v from 'valibot';
import { afterEach, expect, it, vi } from 'vitest';
import { createPost } from '../../cli/send/post.ts';
import { type NamedResult, readEvents } from '../../cli/send/read-events.ts';
import { sendEvents } from '../../cli/send/send-events.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';

const bodySchema = v.object({ batch: v.array(v.unknown()) });
const FAST = { firstDelayMs: 1, longestDelayMs: 2, giveUpAfterMs: MINUTE_MS };

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A request as the service sees it. */
interface Call {
  batch: unknown[];
  headers: IncomingMessage['headers'];
  /** From 1. */
  number: number;
}

const closing: (() => void)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) close();
});

/** A stand-in for the service. Without an answer it breaks the connection. */
async function serve(answer: (call: Call) => Answer | undefined) {
  const calls: Call[] = [];
  const running = { now: 0, most: 0 };
  const server = createServer(async (request, response) => {
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    const { batch } = v.parse(bodySchema, await json(request));
    const call = { batch, headers: request.headers, number: calls.length + 1 };
    calls.push(call);
    const { status, body, headers } = answer(call) ?? { status: 0 };
    running.now -= 1;
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, headers).end(JSON.stringify(body) ?? 'not JSON');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1/batch`, calls, running };
}

function acceptAll({ batch }: Call): Answer {
  return { status: 202, body: { results: batch.map(() => ({ status: 'accepted' })) } };
}

/** Sends an input. Returns the batches of results, the reasons of retries, and the error. */
async function send(
  url: string,
  input: string,
  options: { policy?: typeof FAST; signal?: AbortSignal } = {},
) {
  const retries: string[] = [];
  const batches: NamedResult[][] = [];
  const post = createPost({
    url,
    key: 'the-key',
    policy: FAST,
    signal: new AbortController().signal,
    onRetry: (reason) => retries.push(reason),
    ...options,
  });
  let error: unknown;
  try {
    for await (const results of sendEvents(readEvents(inOneChunk(input)), post)) {
      batches.push(results);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { batches, retries, error };
}

/** What `fetch` throws. */
function networkError(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

async function* inOneChunk(input: string) {
  yield Buffer.from(input);
}

/** Events 0 to count - 1, one per line. */
function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `${JSON.stringify({ i })}\n`).join('');
}

it('sends each event once and in order, in batches of 200, one after the other', async () => {
  const { url, calls, running } = await serve(acceptAll);
  const { batches, error } = await send(url, lines(401));
  expect(error).toBeUndefined();
  expect(calls.map(({ batch }) => batch.length)).toEqual([200, 200, 1]);
  expect(calls.flatMap(({ batch }) => batch)).toEqual(
    Array.from({ length: 401 }, (_, i) => ({ i })),
  );
  expect(running.most).toBe(1);
  expect(batches.flat().at(-1)).toEqual({ name: 'line 401', status: 'accepted' });
  expect(calls[0]?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('the-key:').toString('base64')}`,
    'content-type': 'application/json',
  });
});

it('sends batches of at most 1 MB', async () => {
  const { url, calls } = await serve(acceptAll);
  await send(url, `${JSON.stringify({ long: 'x'.repeat(30_000) })}\n`.repeat(100));
  const sizes = calls.map(({ headers }) => Number(headers['content-length']));
  // The array around the events is not counted.
  expect(Math.max(...sizes)).toBeLessThan(1_001_000);
  expect(calls.flatMap(({ batch }) => batch)).toHaveLength(100);
});

it('names what the service rejects and what cannot be sent, in the order of the input', async () => {
  const { url, calls } = await serve(() => ({
    status: 202,
    body: {
      results: [
        { status: 'accepted' },
        { status: 'rejected', code: 'email_missing', message: 'email is missing.' },
        { status: 'ignored', code: 'type_not_identify', message: 'type must be identify.' },
        { status: 'duplicate' },
      ],
    },
  }));
  const tooLarge = JSON.stringify({ long: 'x'.repeat(33_000) });
  const { batches } = await send(url, `{}\n${tooLarge}\n\n{}\nnope\n{}\n{}\n`);
  expect(calls).toHaveLength(1);
  expect(batches).toEqual([
    [
      { name: 'line 1', status: 'accepted' },
      {
        name: 'line 2',
        status: 'rejected',
        code: 'event_too_large',
        message: 'The event is larger than 32 KB.',
      },
      { name: 'line 4', status: 'rejected', code: 'email_missing', message: 'email is missing.' },
      {
        name: 'line 5',
        status: 'rejected',
        code: 'json_invalid',
        message: 'The line is not valid JSON.',
      },
      {
        name: 'line 6',
        status: 'ignored',
        code: 'type_not_identify',
        message: 'type must be identify.',
      },
      { name: 'line 7', status: 'duplicate' },
    ],
  ]);
});

it.each([
  [200, 'duplicate'],
  [400, 'rejected'],
])('accepts results with status %i', async (status, result) => {
  const { url } = await serve(() => ({ status, body: { results: [{ status: result }] } }));
  const { batches, error } = await send(url, '{}');
  expect(error).toBeUndefined();
  expect(batches).toEqual([[{ name: 'line 1', status: result }]]);
});

it('does not call the service if nothing can be sent', async () => {
  const { url, calls } = await serve(acceptAll);
  expect((await send(url, 'nope\nnope\n')).batches[0]).toHaveLength(2);
  expect(calls).toEqual([]);
});

it('sends what comes before the place where a document is broken', async () => {
  const { url, calls } = await serve(acceptAll);
  const { batches, error } = await send(url, '[{"a":1},{"b":2},{"c"');
  expect(calls.map(({ batch }) => batch)).toEqual([[{ a: 1 }, { b: 2 }]]);
  expect(batches.flat()).toHaveLength(2);
  expect(error).toMatchObject({ message: 'After event 2 the input ends too early.' });
});

it.each([
  ['status 503', { status: 503, body: { code: 'unavailable', message: 'later' } }],
  ['status 429', { status: 429, body: { message: 'Too Many Requests' } }],
  ['status 502', { status: 502 }],
  ['network UND_ERR_SOCKET', undefined],
])('sends the same batch again after %s', async (reason, failure) => {
  const { url, calls } = await serve((call) => (call.number < 4 ? failure : acceptAll(call)));
  const { batches, retries, error } = await send(url, lines(3));
  expect(error).toBeUndefined();
  expect(retries).toEqual([reason, reason, reason]);
  expect(batches.flat()).toHaveLength(3);
  expect(calls.map(({ batch }) => batch)).toEqual(Array.from({ length: 4 }, () => calls[0]?.batch));
});

it('does not send again before the time that Retry-After gives', async () => {
  const times: number[] = [];
  const { url } = await serve((call) => {
    times.push(performance.now());
    return call.number > 1 ? acceptAll(call) : { status: 503, headers: { 'retry-after': '1' } };
  });
  await send(url, '{}');
  const [first = 0, second = 0] = times;
  // Timers may be a millisecond early.
  expect(second - first).toBeGreaterThanOrEqual(990);
});

it('gives up after a while, and says that it can be run again', async () => {
  const { url, calls } = await serve(() => ({ status: 503 }));
  const { error } = await send(url, '{}', { policy: { ...FAST, giveUpAfterMs: 500 } });
  expect(error).toMatchObject({
    message: 'The service is unavailable (status 503). Run it again later to continue.',
  });
  expect(calls.length).toBeGreaterThan(1);
});

it('gives up at once if Retry-After is later than it would wait', async () => {
  const { url, calls } = await serve(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
  const { error } = await send(url, '{}');
  expect(error).toMatchObject({ message: expect.stringContaining('again in 60 minutes') });
  expect(calls).toHaveLength(1);
});

it.each([
  [
    401,
    { code: 'api_key_unknown', message: 'Unknown or revoked API key.' },
    'The service rejected the request: Unknown or revoked API key. (api_key_unknown)',
  ],
  [
    403,
    { code: 'workspace_disabled', message: 'This workspace is disabled.' },
    'The service rejected the request: This workspace is disabled. (workspace_disabled)',
  ],
  [404, undefined, 'This is not the service (status 404): check --url.'],
  [301, undefined, 'This is not the service (status 301): check --url.'],
  [200, { results: [] }, 'This is not the service (status 200): check --url.'],
])('gives up at once at %i', async (status, body, message) => {
  const { url, calls } = await serve(() => ({ status, body }));
  const { error, retries } = await send(url, '{}');
  expect(error).toMatchObject({ message });
  expect(retries).toEqual([]);
  expect(calls).toHaveLength(1);
});

it('gives up at once if the local stack is not running', async () => {
  const { url } = await serve(acceptAll);
  for (const close of closing.splice(0)) close();
  const { error, retries } = await send(url, '{}');
  expect(error).toMatchObject({ message: 'The local stack is not running: npm start' });
  expect(retries).toEqual([]);
});

it.each([
  ['ENOTFOUND', /^Unknown host: check --url\.$/],
  ['CERT_HAS_EXPIRED', /^No secure connection \(network CERT_HAS_EXPIRED\): check --url\.$/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /^No secure connection/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /^No secure connection/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /^No secure connection/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', /^No secure connection/],
])('gives up at once at %s', async (code, message) => {
  const call = vi.spyOn(globalThis, 'fetch').mockRejectedValue(networkError(code));
  const { error } = await send('https://api.example.com', '{}');
  expect(error).toMatchObject({ message: expect.stringMatching(message) });
  expect(call).toHaveBeenCalledTimes(1);
});

it.each(['ECONNREFUSED', 'EAI_AGAIN', 'ECONNRESET'])('retries after %s', async (code) => {
  vi.spyOn(globalThis, 'fetch')
    .mockRejectedValueOnce(networkError(code))
    .mockResolvedValueOnce(Response.json({ results: [{ status: 'accepted' }] }));
  const { error, retries } = await send('https://api.example.com', '{}');
  expect(error).toBeUndefined();
  expect(retries).toEqual([`network ${code}`]);
});

it('stops waiting when it is interrupted', async () => {
  const interruption = new AbortController();
  const { url } = await serve(() => {
    interruption.abort();
    return { status: 503, headers: { 'retry-after': '60' } };
  });
  const { signal } = interruption;
  expect((await send(url, '{}', { signal })).error).toBe(signal.reason);
});
