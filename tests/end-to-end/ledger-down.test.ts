import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TABLES } from '../../offline/database.ts';
import { recommended, send, someone, timelineOf } from './client.ts';
import { type FreshStack, startFreshStack } from './fresh-stack.ts';

let stack: FreshStack;

beforeAll(async () => {
  stack = await startFreshStack();
  const client = new DynamoDBClient(stack.dynamodb);
  await client.send(new DeleteTableCommand({ TableName: TABLES.Interactions }));
  client.destroy();
});

afterAll(() => stack.stop());

it('answers 503 with Retry-After when the ledger cannot be reached, and logs no address', async () => {
  const { apiUrl } = stack;
  const email = someone();
  const events = recommended(email);
  for (const body of [events, { batch: [events, { type: 'track' }] }]) {
    const answer = await send(body, { apiUrl });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body).toEqual({ message: expect.stringContaining('nothing was accepted') });
  }
  expect(await timelineOf(email, { natUrl: stack.natUrl })).toEqual([]);
  const log = stack.lines.join('\n');
  expect(log).toContain('ResourceNotFoundException');
  expect(log).not.toContain(email);
  expect(log).not.toContain('local-api-key');
});
