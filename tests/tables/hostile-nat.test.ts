import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import { createNat } from '../../lib/delivery/nat.ts';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { secretSource } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const tables = embeddedTables();
const MARK = 'canary7@example.com';
const EVENT = {
  email: 'peter@example.com',
  timestamp: '2020-05-31T17:55:47.263Z',
  description: 'https://example.com',
};

/** An answer with the mark in every place where a server can put one. */
function answer(status: number, headers: string[] = []): string {
  return [
    `HTTP/1.1 ${status} ${MARK}`,
    ...[`x-request-id: ${MARK}`, `set-cookie: ${MARK}`, `location: https://${MARK}`],
    ...[`traceparent: ${MARK}`, 'content-length: 19', 'connection: close', ...headers],
    ...['', MARK],
  ].join('\r\n');
}

/** A server that sends these bytes to whoever connects. */
async function serverThatSends(bytes: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  onTestFinished(async () => {
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${address.port}`;
}

it.each([
  ['takes it', 'delivered', answer(200)],
  ['refuses it', 'dead', answer(400)],
  ['refuses the key', 'retrying', answer(401)],
  ['sends it elsewhere', 'retrying', answer(302)],
  ['fails', 'retrying', answer(500)],
  ['asks for a pause that is no time', 'retrying', answer(429, [`retry-after: ${MARK}`])],
  ['asks for a pause of years', 'retrying', answer(503, [`retry-after: ${'9'.repeat(15)}`])],
  ['answers no HTTP', 'retrying', `${MARK}\r\n\r\n`],
  ['ends in the middle', 'retrying', answer(200).slice(0, -4)],
])('nothing that Nat answers is stored or logged when it %s', async (_what, status, bytes) => {
  const { ledger, workspaces, operator } = tables();
  const id = `w-${randomUUID()}`;
  await operator.run({ command: 'workspace.add', workspace: id, name: id, apiKey: `key-${id}` });
  const key = { contact: `${id}#${randomUUID()}`, day: '2020-05-31' };
  await ledger.accept(key, EVENT, Date.now());
  const nat = createNat(await serverThatSends(bytes));

  const { deliverPending } = createDelivery({ ledger, workspaces, secrets: secretSource, nat });
  const result = await deliverPending(key);
  expect(result.status).toBe(status);
  const entry = await existing(ledger.read(key));
  expect(JSON.stringify([result, entry])).not.toMatch(/canary/);
  const waitMs = Date.parse(entry.dueAt ?? new Date().toISOString()) - Date.now();
  expect(waitMs).toBeLessThanOrEqual(RETRY_SCHEDULE.longestDelayMs);
});
