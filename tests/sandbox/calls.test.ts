import { expect, it, vi } from 'vitest';
import type { Sandbox } from '../../offline/sandbox/server.ts';
import { freshSandbox, identify, recommended, setFault } from './sandbox-client.ts';

const none = { keys: 0, answered: 0, unanswered: 0, needless: 0, secondOfDay: 0 };

async function totalsOf(sandbox: Sandbox): Promise<unknown> {
  return (await fetch(`${sandbox.url}/calls/totals`)).json();
}

function withKey(idempotencyKey: string) {
  return { 'idempotency-key': idempotencyKey };
}

it('counts a call that was answered, and its needless repeats', async () => {
  const sandbox = await freshSandbox();
  expect(await totalsOf(sandbox)).toEqual(none);

  for (let n = 0; n < 3; n += 1) await identify(sandbox, recommended(), withKey('k-1'));

  expect(await totalsOf(sandbox)).toEqual({ ...none, keys: 1, answered: 3, needless: 2 });
});

it('counts a repeat as needed until an answer arrives', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { dropAfterAccept: true });
  for (let n = 0; n < 2; n += 1) {
    await expect(identify(sandbox, recommended(), withKey('k-1'))).rejects.toThrow('fetch failed');
  }
  await fetch(`${sandbox.url}/faults`, { method: 'DELETE' });
  await identify(sandbox, recommended(), withKey('k-1'));

  expect(await totalsOf(sandbox)).toEqual({ ...none, keys: 1, answered: 1, unanswered: 2 });
});

it('counts a second call for a contact and day with another key, or none', async () => {
  const sandbox = await freshSandbox();
  for (const headers of [withKey('k-1'), withKey('k-2'), {}]) {
    await identify(sandbox, recommended(), headers);
  }

  expect(await totalsOf(sandbox)).toEqual({ ...none, keys: 2, answered: 3, secondOfDay: 2 });
});

it('does not count calls that were not processed', async () => {
  const sandbox = await freshSandbox();
  await identify(sandbox, recommended({ timestamp: 'soon' }), withKey('k-1'));
  await setFault(sandbox, { status: 503 });
  await identify(sandbox, recommended(), withKey('k-1'));

  expect(await totalsOf(sandbox)).toEqual(none);
});

it('counts an answer as dropped if the caller had left', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { delayMs: 200 });
  const call = fetch(`${sandbox.url}/identify`, {
    method: 'POST',
    headers: { authorization: 'Bearer key-a', ...withKey('k-1') },
    body: JSON.stringify(recommended()),
    signal: AbortSignal.timeout(50),
  });
  await expect(call).rejects.toThrow('timeout');

  await vi.waitFor(async () => {
    expect(await totalsOf(sandbox)).toEqual({ ...none, keys: 1, unanswered: 1 });
  });
  const calls = await (await fetch(`${sandbox.url}/calls`)).json();
  expect(calls).toMatchObject([{ status: 'dropped' }]);
});
