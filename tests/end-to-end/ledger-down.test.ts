import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { UNAVAILABLE } from '../../lib/intake/response.ts';
import { TABLES } from '../../offline/database.ts';
import { ledgerItems, recommended, send, someone, timelineOf } from './client.ts';
import { type FreshStack, startFreshStack } from './fresh-stack.ts';

let stack: FreshStack;

beforeAll(async () => {
  stack = await startFreshStack();
});

afterAll(() => stack.stop());

async function deleteTable(TableName: string): Promise<void> {
  const client = new DynamoDBClient(stack.dynamodb);
  await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
}

it('answers 503 when workspaces cannot be looked up, and changes neither ledger nor timeline', async () => {
  const { apiUrl, natUrl, dynamodb } = stack;
  const email = someone();
  await send(recommended(email), { apiUrl });
  const delivered = { timeout: 60_000, interval: 20 };
  await vi.waitFor(async () => {
    expect(await ledgerItems(dynamodb)).toMatchObject([{ status: 'delivered' }]);
  }, delivered);
  const before = [await ledgerItems(dynamodb), await timelineOf(email, { natUrl })];

  await deleteTable(TABLES.Workspaces);
  const another = { authorization: 'Bearer another-key' };
  const nextDay = recommended(email, { timestamp: '2020-06-01T12:00:00Z' });
  expect(await send(nextDay, { apiUrl, headers: another })).toMatchObject({ status: 503 });
  expect([await ledgerItems(dynamodb), await timelineOf(email, { natUrl })]).toEqual(before);
});

it('answers 503 with Retry-After when the ledger cannot be reached, and logs no address', async () => {
  const { apiUrl } = stack;
  await deleteTable(TABLES.Interactions);
  const email = someone();
  const events = recommended(email);
  for (const body of [events, { batch: [events, { type: 'track' }] }]) {
    const answer = await send(body, { apiUrl });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body).toEqual(UNAVAILABLE);
  }
  expect(await timelineOf(email, { natUrl: stack.natUrl })).toEqual([]);
  const log = stack.lines.join('\n');
  expect(log).toContain('ResourceNotFoundException');
  expect(log).not.toContain(email);
  expect(log).not.toContain('local-api-key');
});
