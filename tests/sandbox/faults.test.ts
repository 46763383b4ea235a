import { expect, it } from 'vitest';
import {
  freshSandbox,
  identify,
  interactionsOf,
  recommended,
  setFaults,
  timelineOf,
} from './sandbox-client.ts';

const PETER = 'peter@example.com';

it('is healthy until faults are set, and again once they are deleted', async () => {
  const sandbox = await freshSandbox();
  const faults = `${sandbox.url}/faults`;
  expect(await (await fetch(faults)).json()).toBeNull();

  await setFaults(sandbox, {});
  expect((await identify(sandbox, recommended())).status).toBe(503);
  const deleted = await fetch(faults, { method: 'DELETE' });

  expect(deleted.status).toBe(204);
  expect(await (await fetch(faults)).json()).toBeNull();
  expect((await identify(sandbox, recommended())).status).toBe(200);
});

it('an empty body means that every call answers 503 without Retry-After', async () => {
  const sandbox = await freshSandbox();

  const set = await setFaults(sandbox, {});

  const whole = { rate: 1, status: 503, delayMs: 0, dropAfterAccept: false };
  expect(await set.json()).toEqual(whole);
  expect(await (await fetch(`${sandbox.url}/faults`)).json()).toEqual(whole);
  expect((await identify(sandbox, recommended())).headers.has('retry-after')).toBe(false);
});

it.each([
  [5, '5'],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT'],
])('answers the status with Retry-After %s and takes nothing', async (retryAfter, header) => {
  const sandbox = await freshSandbox();
  await setFaults(sandbox, { status: 429, retryAfter });

  const answer = await identify(sandbox, recommended());

  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toBe(header);
  expect((await timelineOf(sandbox, PETER)).status).toBe(404);
});

it.each([200, 204, 304, 599])('can answer %i, with or without a body', async (status) => {
  const sandbox = await freshSandbox();
  await setFaults(sandbox, { status });

  expect((await identify(sandbox, recommended())).status).toBe(status);
});

it('with only a delay, a call is late but taken as usual', async () => {
  const sandbox = await freshSandbox();
  await setFaults(sandbox, { delayMs: 80 });
  const before = performance.now();

  const answer = await identify(sandbox, recommended());

  // Timers may fire a little early.
  expect(performance.now() - before).toBeGreaterThan(75);
  expect(await answer.json()).toEqual({ status: 'added' });
});

it('with a delay and a status, the call is late and not taken', async () => {
  const sandbox = await freshSandbox();
  await setFaults(sandbox, { delayMs: 5, status: 500 });

  expect((await identify(sandbox, recommended())).status).toBe(500);
  expect((await timelineOf(sandbox, PETER)).status).toBe(404);
});

it('dropAfterAccept takes the interaction and breaks the connection before an answer', async () => {
  const sandbox = await freshSandbox();
  await setFaults(sandbox, { dropAfterAccept: true });
  const headers = { 'idempotency-key': 'k-1' };

  await expect(identify(sandbox, recommended(), headers)).rejects.toThrow('fetch failed');

  const interactions = await interactionsOf(sandbox, PETER);
  expect(interactions).toHaveLength(1);
  await fetch(`${sandbox.url}/faults`, { method: 'DELETE' });
  expect(await (await identify(sandbox, recommended(), headers)).json()).toEqual({
    status: 'added',
  });
});

it('the rate decides call by call; those it spares behave normally', async () => {
  const sandbox = await freshSandbox();
  await setFaults(sandbox, { rate: 0.5 });

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
  await setFaults(sandbox, { rate: 0 });

  expect((await identify(sandbox, recommended())).status).toBe(200);
});

it.each([
  [{ rate: 1.1 }, 'rate'],
  [{ status: 101 }, 'status'],
  [{ delayMs: -1 }, 'delayMs'],
  [{ retryAfter: 'a\nb' }, 'retryAfter'],
  [{ dropAfterAccept: 'yes' }, 'dropAfterAccept'],
  [{ delay: 5 }, 'delay'],
])('refuses %j, names the field, and leaves the faults as they were', async (body, field) => {
  const sandbox = await freshSandbox();

  const answer = await setFaults(sandbox, body);

  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({ message: expect.stringContaining(field) });
  expect(await (await fetch(`${sandbox.url}/faults`)).json()).toBeNull();
});

it('records every call as it ended, without its key or body', async () => {
  const sandbox = await freshSandbox();
  const headers = { 'idempotency-key': 'k-1', 'user-agent': 'nat-destination/0.1.0' };
  await identify(sandbox, recommended(), headers);
  await setFaults(sandbox, { dropAfterAccept: true });
  await expect(identify(sandbox, recommended(), headers)).rejects.toThrow('fetch failed');

  const calls = await (await fetch(`${sandbox.url}/calls`)).json();

  const call = {
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    idempotencyKey: 'k-1',
    userAgent: 'nat-destination/0.1.0',
  };
  expect(calls).toEqual([
    { ...call, status: 200 },
    { ...call, status: 'dropped' },
  ]);
});
