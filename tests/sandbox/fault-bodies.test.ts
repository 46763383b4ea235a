import { expect, it } from 'vitest';
import { freshSandbox, identify, interactionsOf, recommended, setFault } from './sandbox-client.ts';

const PETER = 'peter@example.com';

async function readBytes(response: Response, atLeast: number): Promise<number> {
  if (response.body === null) throw new Error('expected a body');
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size >= atLeast) break;
  }
  return size;
}

it('bodyBytes replaces the body, and the call is processed', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { bodyBytes: 200_000 });

  const response = await identify(sandbox, recommended());

  expect(response.status).toBe(200);
  expect((await response.arrayBuffer()).byteLength).toBe(200_000);
  expect(await interactionsOf(sandbox, PETER)).toHaveLength(1);
});

it('bodyBytes with a status replaces the body of that status', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { status: 400, bodyBytes: 5 });

  const response = await identify(sandbox, recommended());

  expect(response.status).toBe(400);
  expect(await response.text()).toBe('\0'.repeat(5));
});

it('a body of any size is streamed until the caller leaves', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { bodyBytes: 1e15 });

  const response = await identify(sandbox, recommended());

  expect(await readBytes(response, 10_000_000)).toBeGreaterThanOrEqual(10_000_000);
});

it('gzipBombBytes sends a small gzip body that unpacks to that size', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { gzipBombBytes: 5_000_000 });

  const response = await identify(sandbox, recommended());

  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect((await response.arrayBuffer()).byteLength).toBe(5_000_000);
  expect(await interactionsOf(sandbox, PETER)).toHaveLength(1);
});

it('neverEnds sends the usual body and keeps the answer open', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { neverEnds: true });

  const response = await identify(sandbox, recommended());
  const reader = response.body?.getReader();
  const first = await reader?.read();

  expect(new TextDecoder().decode(first?.value)).toBe('{"status":"added"}');
  const next = expect(reader?.read()).rejects.toThrow('terminated');
  await sandbox.close();
  await next;
});

it('counts an answer that never ends as dropped', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { neverEnds: true });

  const response = await identify(sandbox, recommended(), { 'idempotency-key': 'k-1' });
  await response.body?.cancel();

  expect(await (await fetch(`${sandbox.url}/calls`)).json()).toMatchObject([{ status: 'dropped' }]);
  const totals = await (await fetch(`${sandbox.url}/calls/totals`)).json();
  expect(totals).toMatchObject({ keys: 1, answered: 0, unanswered: 1 });
});
