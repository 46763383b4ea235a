import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  PutItemCommand,
  QueryCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import type { LedgerEntry } from '../../lib/ledger/entry.ts';
import { TABLES } from '../../offline/database.ts';
import { embeddedTables } from './embedded.ts';

const RESTORED = `${TABLES.Interactions}-restored`;
const OLD = new Date(Date.now() - 2 * RETRY_SCHEDULE.giveUpAfterMs).toISOString();
const DAY = OLD.slice(0, 10);
const WORKSPACE = 'acme';
const FIGURES = {
  ...{ restored: 0, ofNoWorkspace: 0, unreadable: 0, users: 0 },
  scanned: expect.any(Number),
};

const tables = embeddedTables();
const run = (fields: object = {}) =>
  tables().operator.run({ command: 'interactions.restore', ...fields });

beforeAll(() => command('workspace.add', { workspace: WORKSPACE, name: 'Acme' }));

it('without a restored table it says what to do first', () =>
  expect(run()).rejects.toThrow('there is no restored table'));

describe('interactions.restore', () => {
  beforeAll(createRestoredTable);

  it('copies back what is missing, and leaves what is there as it is', async () => {
    const missing = await inRestored({ status: 'delivered' });
    const there = await inRestored({ status: 'dead', lastError: 'status 400' });
    await putInto(TABLES.Interactions, { ...there, status: 'delivered' });
    expect(await run()).toEqual({ ...FIGURES, restored: 1, dryRun: false, done: true });
    expect(await tables().ledger.read(missing)).toEqual(missing);
    expect(await tables().ledger.read(there)).toMatchObject({ status: 'delivered' });
    expect(await run()).toMatchObject({ restored: 0 });
  });

  it.each(['pending', 'retrying'] as const)(
    'gives what was %s all its tries again, at the pace of a redrive',
    async (status) => {
      // The pace is one of the clock, and a slow machine takes seconds.
      vi.useFakeTimers({ toFake: ['Date'] });
      onTestFinished(() => void vi.useRealTimers());
      const lost = await Promise.all([1, 2].map(() => inRestored({ status, attempts: 9 })));
      expect(await run({ perSecond: 1 })).toMatchObject({ restored: 2 });
      const found = await Promise.all(lost.map((key) => tables().ledger.read(key)));
      const [first = 0, second = 0] = found
        .map((entry) => Date.parse(entry?.dueAt ?? ''))
        .sort((a, b) => a - b);
      // What is there already holds its turn for a moment, so one second may stay free.
      expect(second - first).toBeGreaterThanOrEqual(1000);
      for (const entry of found) {
        expect(entry).toMatchObject({ status: 'retrying', attempts: 0, acceptedAt: OLD });
        const window = Date.parse(entry?.retryWindowStartsAt ?? '');
        expect(window).toBeGreaterThanOrEqual(Date.parse(entry?.dueAt ?? ''));
      }
    },
  );

  it('brings back nothing of a customer who was removed', async () => {
    const removed = await inRestored({ contact: `gone#${randomUUID()}` });
    expect(await run()).toMatchObject({ restored: 0, ofNoWorkspace: 1 });
    expect(await tables().ledger.read(removed)).toBeUndefined();
  });

  it('brings back nothing that is expired', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const expired = await inRestored({ expiresAt: seconds - 1 });
    const kept = await inRestored({ expiresAt: seconds + 3600 });
    expect(await run()).toMatchObject({ restored: 1 });
    expect(await tables().ledger.read(expired)).toBeUndefined();
    expect(await tables().ledger.read(kept)).toEqual(kept);
  });

  it('copies back what is remembered of users, and the orders to delete them', async () => {
    const contact = `${WORKSPACE}#user:${randomUUID()}`;
    const address = { contact, day: `contact#${randomUUID()}`, firstAt: OLD, lastAt: OLD };
    const order = { contact, day: 'deletion', deletedAt: OLD, dueAt: OLD, queue: 'deletion' };
    for (const item of [address, order]) await putInto(RESTORED, item);
    expect(await run({ dryRun: true })).toMatchObject({ users: 2, unreadable: 0 });
    expect(await run()).toMatchObject({ users: 2 });
    const query = {
      TableName: TABLES.Interactions,
      KeyConditionExpression: 'contact = :user',
      ExpressionAttributeValues: { ':user': { S: contact } },
    };
    const { Items = [] } = await tables().db.send(new QueryCommand(query));
    expect(Items.map((item) => unmarshall(item))).toEqual([address, order]);
    expect(await run()).toMatchObject({ users: 0 });
  });

  it('counts what cannot be read, and goes on', async () => {
    const damaged = { contact: `${WORKSPACE}#${randomUUID()}`, day: DAY, status: 'lost' };
    await putInto(RESTORED, damaged);
    const missing = await inRestored({});
    expect(await run()).toMatchObject({ restored: 1, unreadable: 1 });
    expect(await tables().ledger.read(missing)).toEqual(missing);
  });

  it('only counts in a dry run, and only of the workspace that is asked for', async () => {
    await command('workspace.add', { workspace: 'other', name: 'Other' });
    const mine = await inRestored({});
    const others = await inRestored({ contact: `other#${randomUUID()}` });
    expect(await run({ dryRun: true })).toMatchObject({ missing: 2, dryRun: true });
    expect(await tables().ledger.read(mine)).toBeUndefined();
    expect(await run({ workspace: 'other' })).toMatchObject({ restored: 1 });
    expect(await tables().ledger.read(mine)).toBeUndefined();
    expect(await tables().ledger.read(others)).toEqual(others);
    await expect(run({ workspace: 'nobody' })).rejects.toThrow('there is none with this id');
  });
});

function command(name: string, fields: object) {
  return tables().operator.run({ command: name, ...fields });
}

async function createRestoredTable() {
  const { db } = tables();
  await db.send(new DeleteTableCommand({ TableName: RESTORED })).catch(() => {});
  await db.send(
    new CreateTableCommand({
      TableName: RESTORED,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'contact', AttributeType: 'S' },
        { AttributeName: 'day', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'contact', KeyType: 'HASH' },
        { AttributeName: 'day', KeyType: 'RANGE' },
      ],
    }),
  );
  const limits = { client: db, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
  await waitUntilTableExists(limits, { TableName: RESTORED });
}

/** Puts an interaction into the restored table. */
async function inRestored(fields: Partial<LedgerEntry>): Promise<LedgerEntry> {
  const entry: LedgerEntry = {
    contact: `${WORKSPACE}#${randomUUID()}`,
    day: DAY,
    status: 'delivered',
    attempts: 1,
    acceptedAt: OLD,
    ...fields,
  };
  await putInto(RESTORED, entry);
  return entry;
}

async function putInto(TableName: string, item: object): Promise<void> {
  await tables().db.send(new PutItemCommand({ TableName, Item: marshall(item) }));
}
