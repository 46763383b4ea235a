import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { createPost } from '../../cli/send/post.ts';
import { type Settled, sendEvents } from '../../cli/send/send-events.ts';

const bodySchema = z.object({ batch: z.array(z.unknown()) });
const PATIENCE = { firstMs: 1, longestMs: 2, giveUpAfterMs: 5000 };

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A call as the service sees it. */
interface Call {
  batch: unknown[];
  request: IncomingMessage;
  /** From 1. */
  number: number;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A stand-in for the service; an answer that is undefined breaks the connection. */
async function serve(answer: (call: Call) => Answer | undefined) {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const { batch } = bodySchema.parse(await json(request));
    const call = { batch, request, number: calls.length + 1 };
    calls.push(call);
    const { status, body, headers } = answer(call) ?? { status: 0 };
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, headers).end(JSON.stringify(body) ?? 'not JSON');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1/batch`, calls };
}

function allAre(status: string, { batch }: Call, message?: string): Answer {
  return { status: 200, body: { results: batch.map(() => ({ status, message })) } };
}

/** Sends an input to the stand-in; gives what was settled, what it waited for, and the error. */
async function sendTo(
  url: string,
  input: string,
  options: { patience?: typeof PATIENCE; signal?: AbortSignal } = {},
) {
  const waits: string[] = [];
  const settled: Settled[] = [];
  const post = createPost({
    url,
    key: 'the-key',
    patience: PATIENCE,
    signal: new AbortController().signal,
    onWait: (reason) => waits.push(reason),
    ...options,
  });
  let error: unknown;
  try {
    for await (const one of sendEvents(inOneChunk(input), post)) settled.push(one);
  } catch (thrown) {
    error = thrown;
  }
  return { settled, waits, error };
}

async function* inOneChunk(input: string) {
  yield Buffer.from(input);
}

/** Events 0 to n - 1, one a line. */
function lines(n: number): string {
  return Array.from({ length: n }, (_, i) => `${JSON.stringify({ i })}\n`).join('');
}

it('sends events in batches of at most 500, each once, with the key as user name', async () => {
  const { url, calls } = await serve((call) => allAre('accepted', call));
  const { settled, error } = await sendTo(url, lines(1201));
  expect(error).toBeUndefined();
  expect(calls.map(({ batch }) => batch.length).sort()).toEqual([201, 500, 500]);
  const sent = calls.flatMap(({ batch }) => batch.map((event) => JSON.stringify(event)));
  expect(new Set(sent)).toEqual(new Set(lines(1201).trim().split('\n')));
  expect(calls[0]?.request.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('the-key:').toString('base64')}`,
    'content-type': 'application/json',
  });
  expect(settled.map(({ counts }) => counts.accepted)).toEqual([500, 500, 201]);
  expect(settled.at(-1)?.readTo).toBe(lines(1201).length);
});

it('sends at most about 1 MB at once', async () => {
  const { url, calls } = await serve((call) => allAre('accepted', call));
  const event = `${JSON.stringify({ long: 'x'.repeat(30_000) })}\n`;
  await sendTo(url, event.repeat(100));
  const sizes = calls.map(({ request }) => Number(request.headers['content-length']));
  expect(Math.max(...sizes)).toBeLessThan(1_010_000);
  expect(calls.flatMap(({ batch }) => batch)).toHaveLength(100);
});

it('sends one batch after the other, so that the first event of a day in the input counts', async () => {
  let underWay = 0;
  let most = 0;
  const server = createServer(async (request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    const { batch } = bodySchema.parse(await json(request));
    const { body } = allAre('accepted', { batch, request, number: 0 });
    underWay -= 1;
    response.writeHead(200).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { settled } = await sendTo(`http://127.0.0.1:${port}`, lines(4000));
  expect(settled).toHaveLength(8);
  expect(most).toBe(1);
});

it('rejects a line that has a field twice, as the service would', async () => {
  const { url } = await serve((call) => allAre('accepted', call));
  const { settled } = await sendTo(url, '{}\n{"email":"a@b.co","email":"c@d.co"}\n');
  expect(settled).toMatchObject([
    { rejected: [{ line: 2, message: expect.stringMatching(/^email: expected each field once/) }] },
  ]);
});

it('rejects what is nested too deeply to be written again, and goes on', async () => {
  const { url } = await serve((call) => allAre('accepted', call));
  const deep = `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  const { settled } = await sendTo(url, `{}\n${deep}\n{}\n`);
  expect(settled).toMatchObject([
    { counts: { accepted: 2, rejected: 1 }, rejected: [{ line: 2 }] },
  ]);
});

it('tells the line and the reason of what the service rejects and of what is not sent at all', async () => {
  const { url, calls } = await serve(({ batch }) => ({
    status: 200,
    body: {
      results: batch.map((_, n) =>
        [
          { status: 'accepted' },
          { status: 'rejected', message: 'traits.email: expected one' },
          { status: 'ignored', message: 'Nat only accepts identify calls' },
          { status: 'duplicate' },
        ].at(n),
      ),
    },
  }));
  const tooLarge = JSON.stringify({ long: 'x'.repeat(33_000) });
  const { settled } = await sendTo(url, `{}\n${tooLarge}\n\n{}\nnope\n{}\n{}\n`);
  expect(calls).toHaveLength(1);
  expect(settled).toMatchObject([
    {
      counts: { accepted: 1, duplicate: 1, ignored: 1, rejected: 3 },
      rejected: [
        {
          line: 2,
          message: expect.stringMatching(/^the event: expected at most 32 KB, got \d+ bytes$/),
        },
        { line: 4, message: 'traits.email: expected one' },
        { line: 5, message: 'the line: expected an event as JSON' },
      ],
    },
  ]);
});

it('takes the results of a batch in which every event was rejected', async () => {
  const { url } = await serve((call) => ({ ...allAre('rejected', call, 'no'), status: 400 }));
  const { settled, error } = await sendTo(url, '{}\n{}');
  expect(error).toBeUndefined();
  expect(settled[0]?.counts.rejected).toBe(2);
});

it('sends nothing if nothing can be sent', async () => {
  const { url, calls } = await serve((call) => allAre('accepted', call));
  expect(await sendTo(url, 'nope\nnope\n')).toMatchObject({
    error: undefined,
    settled: [{ counts: { rejected: 2 } }],
  });
  expect(calls).toEqual([]);
});

it('sends what comes before the place where a document is broken', async () => {
  const { url, calls } = await serve((call) => allAre('accepted', call));
  const { settled, error } = await sendTo(url, '[{"a":1},\n{"b":2},\n{"c"');
  expect(calls.map(({ batch }) => batch)).toEqual([[{ a: 1 }, { b: 2 }]]);
  expect(settled).toMatchObject([{ counts: { accepted: 2 } }]);
  expect(error).toMatchObject({ message: 'line 3: the JSON is cut off here' });
});

it.each([
  ['status 503', { status: 503, body: { message: 'later' } }],
  ['status 429', { status: 429, body: { message: 'Too Many Requests' } }],
  ['status 502', { status: 502 }],
  ['network UND_ERR_SOCKET', undefined],
])('sends a batch again after %s, until it is taken', async (reason, failure) => {
  const { url, calls } = await serve((call) =>
    call.number < 4 ? failure : allAre('duplicate', call),
  );
  const { settled, waits, error } = await sendTo(url, lines(3));
  expect(error).toBeUndefined();
  expect(waits).toEqual([reason, reason, reason]);
  expect(settled).toMatchObject([{ counts: { duplicate: 3 } }]);
  expect(calls.map(({ batch }) => batch)).toEqual(Array.from({ length: 4 }, () => calls[0]?.batch));
});

it('does not send again before the time that Retry-After gives', async () => {
  const times: number[] = [];
  const { url } = await serve((call) => {
    times.push(performance.now());
    if (call.number > 1) return allAre('accepted', call);
    return { status: 503, headers: { 'retry-after': '1' } };
  });
  await sendTo(url, '{}');
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(990);
});

it('gives up after a while, and says that it can be run again', async () => {
  const { url, calls } = await serve(() => ({ status: 503 }));
  const patience = { ...PATIENCE, giveUpAfterMs: 50 };
  const { error } = await sendTo(url, lines(2000), { patience });
  expect(error).toMatchObject({
    message:
      'the service does not take events now (status 503): run the same command again later, it goes on where it was',
  });
  expect(calls.length).toBeGreaterThan(2);
});

it('does not wait for a time that it would not live to see', async () => {
  const { url, calls } = await serve(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
  const { error, waits } = await sendTo(url, '{}');
  expect(error).toMatchObject({ message: expect.stringContaining('again in 60 minutes') });
  expect(waits).toEqual([]);
  expect(calls).toHaveLength(1);
});

it.each([
  [
    401,
    { message: 'Authorization: the API key is unknown or revoked' },
    /answered 401: Authorization: the API key is unknown or revoked$/,
  ],
  [403, { message: 'the workspace is disabled' }, /answered 403: the workspace is disabled$/],
  [413, { message: 'body: expected at most 5 MB' }, /answered 413: body: expected at most 5 MB$/],
  [400, { message: 'body: expected JSON' }, /answered 400: body: expected JSON$/],
  [404, undefined, /not the service \(status 404\): check --url$/],
  [301, undefined, /not the service \(status 301\): check --url$/],
  [200, { results: [] }, /not the service \(status 200\): check --url$/],
])('stops at once at %i, with what the service says', async (status, body, message) => {
  const { url, calls } = await serve(() => ({ status, body }));
  const { error, waits } = await sendTo(url, '{}');
  expect(error).toMatchObject({ message: expect.stringMatching(message) });
  expect(waits).toEqual([]);
  expect(calls).toHaveLength(1);
});

it('ends its waiting when it is told to', async () => {
  const ending = new AbortController();
  const { url } = await serve(() => {
    ending.abort();
    return { status: 503 };
  });
  const patience = { firstMs: 60_000, longestMs: 60_000, giveUpAfterMs: 60_000 };
  const { error } = await sendTo(url, '{}', { patience, signal: ending.signal });
  expect(error).toBe(ending.signal.reason);
});
