import { expect, it } from 'vitest';
import type { Sandbox } from '../../offline/sandbox/server.ts';
import { basic, freshSandbox, identify, recommended, setFault } from './sandbox-client.ts';

async function listFaults(sandbox: Sandbox): Promise<unknown> {
  return (await fetch(`${sandbox.url}/faults`)).json();
}

function endFault(sandbox: Sandbox, name: string): Promise<Response> {
  return fetch(`${sandbox.url}/faults/${name}`, { method: 'DELETE' });
}

async function statusFor(sandbox: Sandbox, apiKey: string): Promise<number> {
  return (await identify(sandbox, recommended(), { authorization: basic(apiKey) })).status;
}

it('a fault with an API key hits only the calls with that key', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { apiKey: 'key-of-acme', status: 429 }, 'acme');

  expect(await statusFor(sandbox, 'key-of-acme')).toBe(429);
  expect(await statusFor(sandbox, 'key-of-others')).toBe(200);
  const headers = { authorization: 'Bearer key-of-acme' };
  expect((await identify(sandbox, recommended(), headers)).status).toBe(429);
});

it('several faults are set side by side, listed in order, and ended one by one', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { apiKey: 'key-of-acme', status: 429 }, 'acme');
  await setFault(sandbox, { apiKey: 'key-of-beta', status: 500 }, 'beta');
  const common = { rate: 1, delayMs: 0, dropAfterAccept: false };
  const beta = { name: 'beta', apiKeyEnding: 'beta', status: 500, ...common };
  expect(await listFaults(sandbox)).toEqual([
    { name: 'acme', apiKeyEnding: 'acme', status: 429, ...common },
    beta,
  ]);

  expect((await endFault(sandbox, 'acme')).status).toBe(204);

  expect(await listFaults(sandbox)).toEqual([beta]);
  expect(await statusFor(sandbox, 'key-of-acme')).toBe(200);
  expect(await statusFor(sandbox, 'key-of-beta')).toBe(500);
});

it('a fault for a key goes before a fault for all, whichever was set first', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { status: 503 });
  await setFault(sandbox, { apiKey: 'key-of-acme', status: 429 }, 'acme');

  expect(await statusFor(sandbox, 'key-of-acme')).toBe(429);
  expect(await statusFor(sandbox, 'key-of-others')).toBe(503);
});

it('a fault that misses a call leaves it to the next one', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { rate: 0, status: 503 }, 'first');
  await setFault(sandbox, { status: 500 }, 'second');

  expect(await statusFor(sandbox, 'key-a')).toBe(500);
});

it('PUT /faults sets the fault with the name default, and a name replaces itself', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { status: 500 });
  await setFault(sandbox, { status: 502 }, 'default');

  expect(await listFaults(sandbox)).toMatchObject([{ name: 'default', status: 502 }]);
  expect((await endFault(sandbox, 'default')).status).toBe(204);
  expect(await statusFor(sandbox, 'key-a')).toBe(200);
});

it('DELETE /faults ends all faults', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, {});
  await setFault(sandbox, {}, 'second');

  await fetch(`${sandbox.url}/faults`, { method: 'DELETE' });

  expect(await listFaults(sandbox)).toEqual([]);
});

it('never answers with a whole API key', async () => {
  const sandbox = await freshSandbox();

  const response = await setFault(sandbox, { apiKey: 'secret-abcd' }, 'acme');

  expect(await response.json()).toMatchObject({ apiKeyEnding: 'abcd' });
  expect(JSON.stringify(await listFaults(sandbox))).not.toContain('secret');
});

it('rejects a name with other characters, and the end of a fault that does not exist', async () => {
  const sandbox = await freshSandbox();

  const set = await setFault(sandbox, {}, 'a%20b');
  expect(set.status).toBe(400);
  expect(await set.json()).toEqual({ message: expect.stringContaining('name') });
  const ended = await endFault(sandbox, 'nobody');
  expect(ended.status).toBe(404);
  expect(await ended.json()).toEqual({ message: 'there is no fault with this name' });
});
