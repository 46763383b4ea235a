import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../lib/ledger/entry.ts';
import { isNotLeased, isStillDue } from '../../lib/ledger/lease.ts';
import { claimsDay, isUnclaimed } from '../../lib/ledger/one-per-day.ts';
import { isDead } from '../../lib/ledger/status/dead.ts';
import { isPending } from '../../lib/ledger/status/pending.ts';
import { isRetrying } from '../../lib/ledger/status/retrying.ts';
import { isKeyError, waitsForKey } from '../../lib/ledger/waits-for-key.ts';
import { type Expression, expressions } from '../../lib/runtime/dynamodb/expressions.ts';
import { createEmbeddedDynamoDB, createTables } from '../in-process/dynamodb.ts';

const NOW = Date.parse('2026-11-24T08:00:00.000Z');
const NOW_ISO = '2026-11-24T08:00:00.000Z';
const A_MOMENT_LATER = '2026-11-24T08:00:00.001Z';
const STATUSES = ['pending', 'delivered', 'retrying', 'dead'] as const;
const key = { contact: 'acme#c', day: '2020-05-31' };
const entry = (changes: Partial<LedgerEntry>): LedgerEntry => ({
  ...key,
  status: 'retrying',
  attempts: 1,
  acceptedAt: NOW_ISO,
  ...changes,
});

const TableName = 'interactions';
const database = createEmbeddedDynamoDB();
beforeAll(() => createTables(database, { Interactions: TableName, Workspaces: 'workspaces' }));

/** Asks DynamoDB whether it would write under this condition, over the item that is there. */
async function holds(condition: Expression, existing: LedgerEntry | undefined): Promise<boolean> {
  await database.execute('DeleteItem', { TableName, Key: marshall(key) });
  if (existing !== undefined) {
    await database.execute('PutItem', { TableName, Item: marshall(existing) });
  }
  const ConditionExpression = expressions({ ConditionExpression: condition });
  const put = { TableName, Item: marshall(key), ...ConditionExpression };
  const { statusCode, body } = await database.execute('PutItem', put);
  if (statusCode === 200) return true;
  expect(body).toMatchObject({ __type: expect.stringMatching(/#ConditionalCheckFailed/) });
  return false;
}

describe('the one-per-day rule', () => {
  it('accepts an event where the contact has no interaction that day', async () => {
    expect(await holds(isUnclaimed, undefined)).toBe(true);
  });

  it.each([
    ['pending', false],
    ['delivered', false],
    ['retrying', false],
    ['dead', true],
  ] as const)('with an interaction that is %s, accepts another event: %s', async (status, free) => {
    expect(await holds(isUnclaimed, entry({ status }))).toBe(free);
    expect(claimsDay({ status })).toBe(!free);
  });
});

describe('the condition for a status', () => {
  it.each([
    ['pending', isPending],
    ['retrying', isRetrying],
    ['dead', isDead],
  ] as const)('holds for %s alone', async (wanted, condition) => {
    for (const status of STATUSES) {
      expect(await holds(condition, entry({ status }))).toBe(status === wanted);
    }
  });
});

describe('an interaction waits for a new key', () => {
  it.each([
    ['status 401', true],
    ['status 403', true],
    ['key unreadable', true],
    ['status 503', false],
    ['', false],
  ])('when its last error is "%s": %s', async (lastError, waits) => {
    expect(await holds(waitsForKey, entry({ lastError }))).toBe(waits);
    expect(isKeyError(lastError)).toBe(waits);
  });

  it('only while it is retrying', async () => {
    const dead = entry({ status: 'dead', lastError: 'status 401' });
    expect(await holds(waitsForKey, dead)).toBe(false);
  });
});

describe('a lease', () => {
  it.each([
    ['is given for what is as it was read from the index', { dueAt: NOW_ISO }, true],
    ['is refused if another run moved the due time', { dueAt: A_MOMENT_LATER }, false],
    ['is refused if it was settled', { dueAt: NOW_ISO, status: 'dead' }, false],
  ] as const)('%s', async (_what, changes, given) => {
    const condition = isStillDue({ ...key, dueAt: NOW_ISO });
    expect(await holds(condition, entry(changes))).toBe(given);
  });

  it.each([
    ['there is none', {}, true],
    ['it ends now', { leasedUntil: NOW_ISO }, true],
    ['it ends a moment later', { leasedUntil: A_MOMENT_LATER }, false],
  ])('leaves an interaction alone when %s', async (_what, changes, free) => {
    expect(await holds(isNotLeased(NOW), entry(changes))).toBe(free);
  });
});
