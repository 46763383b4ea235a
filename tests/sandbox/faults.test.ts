import { expect, it } from 'vitest';
import {
  freshSandbox,
  identify,
  interactionsOf,
  recommended,
  setFault,
  timelineOf,
} from './sandbox-client.ts';

const PETER = 'peter@example.com';

it('is healthy until a fault is set, and after it is deleted', async () => {
  const sandbox = await freshSandbox();
  const faults = `${sandbox.url}/faults`;
  expect(await (await fetch(faults)).json()).toEqual([]);

  await setFault(sandbox, {});
  expect((await identify(sandbox, recommended())).status).toBe(503);
  const deleted = await fetch(faults, { method: 'DELETE' });

  expect(deleted.status).toBe(204);
  expect(await (await fetch(faults)).json()).toEqual([]);
  expect((await identify(sandbox, recommended())).status).toBe(200);
});

it('an empty body means that every call answers 503 without Retry-After', async () => {
  const sandbox = await freshSandbox();

  const set = await setFault(sandbox, {});

  const whole = { rate: 1, status: 503, delayMs: 0, dropAfterAccept: false };
  expect(await set.json()).toEqual(whole);
  expect(await (await fetch(`${sandbox.url}/faults`)).json()).toEqual([
    { name: 'default', ...whole },
  ]);
  expect((await identify(sandbox, recommended())).headers.has('retry-after')).toBe(false);
});

it.each([
  [5, '5'],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT'],
])('answers the status with Retry-After %s and processes nothing', async (retryAfter, header) => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { status: 429, retryAfter });

  const answer = await identify(sandbox, recommended());

  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toBe(header);
  expect((await timelineOf(sandbox, PETER)).status).toBe(404);
});

it.each([200, 204, 304, 599])('can answer %i, with or without a body', async (status) => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { status });

  expect((await identify(sandbox, recommended())).status).toBe(status);
});

it('with only a delay, a call is late but processed as usual', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { delayMs: 80 });
  const before = performance.now();

  const answer = await identify(sandbox, recommended());

  // Timers may fire a little early.
  expect(performance.now() - before).toBeGreaterThan(75);
  expect(await answer.json()).toEqual({ status: 'added' });
});

it('with a delay and a status, the call is late and not processed', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { delayMs: 5, status: 500 });

  expect((await identify(sandbox, recommended())).status).toBe(500);
  expect((await timelineOf(sandbox, PETER)).status).toBe(404);
});

it('dropAfterAccept processes the call and breaks the connection without an answer', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { dropAfterAccept: true });
  const headers = { 'idempotency-key': 'k-1' };

  await expect(identify(sandbox, recommended(), headers)).rejects.toThrow('fetch failed');

  const interactions = await interactionsOf(sandbox, PETER);
  expect(interactions).toHaveLength(1);
  await fetch(`${sandbox.url}/faults`, { method: 'DELETE' });
  expect(await (await identify(sandbox, recommended(), headers)).json()).toEqual({
    status: 'added',
  });
});

it('the rate decides for each call, and the others are answered as usual', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { rate: 0.5 });

  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      identify(sandbox, recommended({ traits: { email: `p${i}@example.com` } })),
    ),
  );

  const statuses = new Set(answers.map(({ status }) => status));
  expect(statuses).toEqual(new Set([200, 503]));
});

it('a rate of 0 hits nothing', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { rate: 0 });

  expect((await identify(sandbox, recommended())).status).toBe(200);
});

it.each([
  [{ rate: 1.1 }, 'rate'],
  [{ status: 101 }, 'status'],
  [{ delayMs: -1 }, 'delayMs'],
  [{ retryAfter: 'a\nb' }, 'retryAfter'],
  [{ dropAfterAccept: 'yes' }, 'dropAfterAccept'],
  [{ apiKey: 'a key' }, 'apiKey'],
  [{ apiKey: 'abcd' }, 'apiKey'],
  [{ bodyBytes: -1 }, 'bodyBytes'],
  [{ gzipBombBytes: 0.5 }, 'gzipBombBytes'],
  [{ neverEnds: 1 }, 'neverEnds'],
  [{ bodyBytes: 1, gzipBombBytes: 1 }, 'bodyBytes and gzipBombBytes'],
  [{ status: 204, bodyBytes: 1 }, 'status'],
  [{ delay: 5 }, 'unknown field delay: a fault has the fields apiKey, rate, status'],
  [null, 'the body is not a JSON object'],
])('rejects %j, names the field, and changes nothing', async (body, field) => {
  const sandbox = await freshSandbox();

  const answer = await setFault(sandbox, body);

  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({ message: expect.stringContaining(field) });
  expect(await (await fetch(`${sandbox.url}/faults`)).json()).toEqual([]);
});

it('lists every call with its result, without its API key and body', async () => {
  const sandbox = await freshSandbox();
  const headers = { 'idempotency-key': 'k-1', 'user-agent': 'nat-destination/0.1.0' };
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await identify(sandbox, recommended(), { ...headers, traceparent });
  await setFault(sandbox, { dropAfterAccept: true });
  await expect(identify(sandbox, recommended(), headers)).rejects.toThrow('fetch failed');

  const calls = await (await fetch(`${sandbox.url}/calls`)).json();

  const call = {
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    idempotencyKey: 'k-1',
    userAgent: 'nat-destination/0.1.0',
  };
  expect(calls).toEqual([
    { ...call, status: 200, traceparent },
    { ...call, status: 'dropped', traceparent: null },
  ]);
});
