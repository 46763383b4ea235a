import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/redeliver.ts';
import { createServices } from '../../functions/services.ts';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import { FAILURES_IN_A_ROW } from '../../lib/delivery/failure-streaks.ts';
import type { Nat, NatResult } from '../../lib/delivery/nat.ts';
import { retryQueueOf } from '../../lib/ledger/queues.ts';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith } from '../in-process/lambda.ts';
import { createMemorySecretStore } from '../in-process/secrets.ts';

const DAY = '2020-05-31';
/** DynamoDB's limit for one BatchWriteItem. */
const WRITES_PER_BATCH = 25;

/** An interaction that has been due for so many hours. */
function dueItem(workspace: string, n: number, hours: number) {
  const key = { contact: `${workspace}#${n}`, day: DAY };
  return {
    ...key,
    status: 'retrying',
    event: { email: `${n}@example.com`, timestamp: `${DAY}T12:00:00Z`, description: 'x' },
    attempts: 1,
    lastError: 'status 429',
    acceptedAt: new Date(Date.now() - HOUR_MS * (hours + 1)).toISOString(),
    queue: retryQueueOf(key),
    dueAt: new Date(Date.now() - HOUR_MS * hours).toISOString(),
  };
}

/** The function over tables in this process; Nat answers by the API key. */
async function createDeployment(answers: Record<string, NatResult>) {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const operations: string[] = [];
  const db = createInProcessClient((operation, input) => {
    operations.push(operation);
    return database.execute(operation, input);
  });
  const operator = createInProcessOperator(db);
  for (const id of Object.keys(answers)) {
    await operator.run({
      command: 'workspace.add',
      workspace: id,
      name: id,
      apiKey: `key-of-${id}`,
    });
  }
  const calls: string[] = [];
  const nat: Nat = async ({ apiKey }) => {
    const workspace = apiKey.replace('key-of-', '');
    calls.push(workspace);
    return answers[workspace] ?? { verdict: 'never', error: 'status 400' };
  };
  const services = createServices(CONFIG, db, createMemorySecretStore());
  const delivery = createDelivery({ ...services, nat });
  const handler = createHandler(() => ({ ledger: services.ledger, delivery }));
  return {
    calls,
    operations,
    ledger: services.ledger,
    async put(items: object[]): Promise<void> {
      for (let from = 0; from < items.length; from += WRITES_PER_BATCH) {
        const puts = items
          .slice(from, from + WRITES_PER_BATCH)
          .map((item) => ({ PutRequest: { Item: marshall(item) } }));
        await database.execute('BatchWriteItem', { RequestItems: { [TABLES.Interactions]: puts } });
      }
    },
    run: () =>
      handler(
        {},
        contextWith('redeliver', '1', () => HOUR_MS),
      ),
  };
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('five workspaces that fail, with 1,000 older due items each', () => {
  it.each([
    ['throttled', { verdict: 'may-pass', error: 'status 429' }],
    ['without a good key', { verdict: 'key-rejected', error: 'status 401' }],
    ['with a wrong address', { verdict: 'address-wrong', error: 'status 404' }],
  ] as const)(
    'leave the one due item of a sixth its place in the first run: %s',
    async (_why, failure) => {
      const five = range(5).map((n) => `failing-${n}`);
      const answers: Record<string, NatResult> = { sixth: { verdict: 'accepted' } };
      for (const workspace of five) answers[workspace] = failure;
      const { calls, operations, ledger, put, run } = await createDeployment(answers);
      await put(five.flatMap((workspace) => range(1000).map((n) => dueItem(workspace, n, 2))));
      await put([dueItem('sixth', 0, 1)]);
      operations.length = 0;
      await run();
      const entry = await ledger.read({ contact: 'sixth#0', day: DAY });
      expect(entry).toMatchObject({ status: 'delivered' });
      expect(calls.filter((workspace) => workspace === 'sixth')).toHaveLength(1);
      expect(calls).toHaveLength(5 * FAILURES_IN_A_ROW + 1);
      // Passing over costs only the reading of the index.
      expect(operations.filter((name) => name === 'UpdateItem').length).toBeLessThan(100);
      expect(operations.filter((name) => name === 'Query').length).toBeLessThan(50);
    },
  );
});

it('goes on over what cannot be read, and makes it dead', async () => {
  const { calls, ledger, put, run } = await createDeployment({ acme: { verdict: 'accepted' } });
  const { acceptedAt: _, ...unreadable } = dueItem('acme', 0, 2);
  const wrongDate = { ...dueItem('acme', 1, 2), dueAt: '1' };
  await put([unreadable, wrongDate, dueItem('acme', 2, 1)]);
  await run();
  expect(calls).toEqual(['acme', 'acme']);
  for (const n of [1, 2]) {
    const entry = await ledger.read({ contact: `acme#${n}`, day: DAY });
    expect(entry).toMatchObject({ status: 'delivered' });
  }
  await run();
  expect(calls).toHaveLength(2);
});
