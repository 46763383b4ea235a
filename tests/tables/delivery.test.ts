import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import type { Nat, NatCall, NatResult } from '../../lib/delivery/nat.ts';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { type InteractionKey, toKeyItem } from '../../lib/ledger/entry.ts';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { endKeys } from '../../lib/workspaces/master-record.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../../lib/workspaces/workspace-cache.ts';
import { createWorkspaces, type Workspace } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { secretSource, secrets } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const tables = embeddedTables();
const NOW = Date.parse('2026-11-24T08:00:00Z');
const WINDOW_MS = RETRY_SCHEDULE.giveUpAfterMs;
const event = {
  email: 'peter@example.com',
  timestamp: '2020-05-31T17:55:47.263Z',
  description: 'https://example.com',
};

/** A Nat that gives these answers in turn and then repeats the last one, and the calls it got. */
function natAnswering(...answers: NatResult[]): { nat: Nat; calls: NatCall[] } {
  const calls: NatCall[] = [];
  const nat: Nat = async (call) => {
    calls.push(call);
    return answers[Math.min(calls.length, answers.length) - 1] ?? { verdict: 'accepted' };
  };
  return { nat, calls };
}

async function accepted(more: { traceparent?: string } = {}) {
  const id = `w-${randomUUID()}`;
  const { ledger } = tables();
  const add = { command: 'workspace.add', workspace: id, name: id, apiKey: `key-${id}` };
  await tables().operator.run(add);
  const key = { contact: `${id}#${randomUUID()}`, day: '2020-05-31' };
  await ledger.accept(key, { ...event, ...more }, Date.now());
  return { id, key };
}

function deliveryTo(nat: Nat) {
  const { ledger, workspaces } = tables();
  return createDelivery({ ledger, workspaces, secrets: secretSource, nat });
}

/** The record of the current key of a workspace, as a container that remembers nothing reads it. */
async function recordOf(id: string): Promise<Workspace> {
  const record = await createWorkspaces(tables().db, TABLES.Workspaces).findById(id);
  if (record === undefined) throw new Error('not there');
  return record;
}

/** Since when the workspace is marked, because Nat rejects its key. */
async function rejectedSince(id: string): Promise<string | undefined> {
  const { registry } = tables();
  const workspace = await registry.find(id);
  return workspace && registry.natKeyRejectedAt(workspace);
}

const unavailable: NatResult = { verdict: 'may-pass', error: 'status 503' };

afterEach(() => {
  vi.useRealTimers();
});

describe('delivering what is pending', () => {
  it('gives the trace of the sender to Nat at each try, and forgets it with the content', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    const { key } = await accepted({ traceparent });
    const { nat, calls } = natAnswering(unavailable, { verdict: 'accepted' });
    const delivery = deliveryTo(nat);

    expect(await delivery.deliverPending(key)).toMatchObject({ status: 'retrying', traceId });
    const { dueAt = '' } = (await tables().ledger.read(key)) ?? {};
    const result = await delivery.redeliver({ ...key, dueAt });
    expect(result).toMatchObject({ status: 'delivered', traceId });
    expect(calls.map((call) => call.event.traceparent)).toEqual([traceparent, traceparent]);
    expect(JSON.stringify(await tables().ledger.read(key))).not.toContain(traceId);
  });

  it("sends the event with the workspace's key, at the cost of one read and one write", async () => {
    const { id, key } = await accepted();
    const { nat, calls } = natAnswering({ verdict: 'accepted' });
    const delivery = deliveryTo(nat);
    await tables().workspaces.findById(id);
    tables().operations.length = 0;
    expect(await delivery.deliverPending(key)).toMatchObject({ status: 'delivered' });
    expect(calls).toEqual([{ apiKey: `key-${id}`, idempotencyKey: expect.any(String), event }]);
    expect(tables().operations).toEqual(['GetItem', 'UpdateItem']);
  });

  it('sends nothing twice when a stream record is repeated', async () => {
    const { key } = await accepted();
    const { nat, calls } = natAnswering({ verdict: 'accepted' });
    const delivery = deliveryTo(nat);
    await delivery.deliverPending(key);
    expect(await delivery.deliverPending(key)).toEqual({ status: 'skipped' });
    expect(calls).toHaveLength(1);
  });

  it('sends the same Idempotency-Key with every try, also after a new event took the day of a dead one', async () => {
    const { key } = await accepted();
    const { ledger } = tables();
    const { nat, calls } = natAnswering(unavailable, { verdict: 'never', error: 'status 400' });
    const delivery = deliveryTo(nat);
    await delivery.deliverPending(key);
    const { dueAt = '' } = await existing(ledger.read(key));
    await delivery.redeliver({ ...key, dueAt });
    await ledger.accept(key, { ...event, description: 'another' }, Date.now());
    await delivery.deliverPending(key);
    const [first, second, third] = calls.map(({ idempotencyKey }) => idempotencyKey);
    expect(second).toBe(first);
    expect(third).toBe(first);
  });
});

describe('what Nat does not accept', () => {
  it('is tried until its retry window is over, then dead', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const { key } = await accepted();
    const { ledger } = tables();
    const delivery = deliveryTo(natAnswering(unavailable).nat);
    await delivery.deliverPending(key);
    const { dueAt = '' } = await existing(ledger.read(key));
    vi.setSystemTime(NOW + WINDOW_MS - 1);
    expect(await delivery.redeliver({ ...key, dueAt })).toMatchObject({ status: 'retrying' });
    const again = await existing(ledger.read(key));
    vi.setSystemTime(NOW + WINDOW_MS);
    const last = await delivery.redeliver({ ...key, dueAt: again.dueAt ?? '' });
    expect(last).toMatchObject({ status: 'dead', error: 'status 503' });
    expect(await existing(ledger.read(key))).toMatchObject({ attempts: 3, queue: 'dead', event });
  });

  it('waits, and does not die, while Nat rejects the key; the workspace is marked since the first rejection', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const { id, key } = await accepted();
    const { ledger } = tables();
    const rejected: NatResult = { verdict: 'key-rejected', error: 'status 401' };
    const delivery = deliveryTo(natAnswering(rejected).nat);
    const first = await delivery.deliverPending(key);
    expect(first).toMatchObject({ natKeyRejected: true, failed: true });
    const { dueAt = '' } = await existing(ledger.read(key));
    vi.setSystemTime(NOW + WINDOW_MS + HOUR_MS);
    expect(await delivery.redeliver({ ...key, dueAt })).toMatchObject({
      status: 'retrying',
      natKeyRejected: true,
    });
    expect(await rejectedSince(id)).toBe('2026-11-24T08:00:00.000Z');
  });

  it('has a whole retry window again when the key was replaced after the first was over', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const { key } = await accepted();
    const { ledger } = tables();
    const rejected: NatResult = { verdict: 'key-rejected', error: 'status 403' };
    const delivery = deliveryTo(natAnswering(unavailable, rejected, unavailable).nat);
    const redeliver = async (now: number) => {
      const { dueAt = '' } = await existing(ledger.read(key));
      vi.setSystemTime(now);
      return delivery.redeliver({ ...key, dueAt });
    };
    await delivery.deliverPending(key);
    await redeliver(NOW + WINDOW_MS + HOUR_MS);
    expect(await redeliver(NOW + 2 * WINDOW_MS + HOUR_MS - 1)).toMatchObject({
      status: 'retrying',
    });
    expect(await redeliver(NOW + 2 * WINDOW_MS + HOUR_MS)).toMatchObject({ status: 'dead' });
  });

  it.each(['workspace.rotate', 'workspace.update'])(
    'waits until the new key is in use everywhere when %s has just replaced the rejected one',
    async (command) => {
      vi.useFakeTimers({ toFake: ['Date'], now: NOW });
      const { id, key } = await accepted();
      const { ledger, operator, workspaces } = tables();
      const { nat, calls } = natAnswering(
        { verdict: 'key-rejected', error: 'status 401' },
        { verdict: 'accepted' },
      );
      const delivery = deliveryTo(nat);
      // A container that still remembers the old key.
      await workspaces.findById(id);
      await operator.run({ command, workspace: id, natApiKey: 'the-new-key-for-nat' });
      expect(await delivery.deliverPending(key)).not.toHaveProperty('natKeyRejected');
      const { dueAt = '' } = await existing(ledger.read(key));
      expect(Date.parse(dueAt)).toBe(NOW + WORKSPACE_CHANGE_VISIBLE_AFTER_MS);
      expect(await rejectedSince(id)).toBeUndefined();
      expect(await delivery.redeliver({ ...key, dueAt })).toMatchObject({ status: 'delivered' });
      expect(calls.map(({ apiKey }) => apiKey)).toEqual([`key-${id}`, 'the-new-key-for-nat']);
    },
  );

  it('waits without a call while the key for Nat cannot be unsealed; the workspace is marked', async () => {
    const { id, key } = await accepted();
    const { ledger, registry } = tables();
    const natApiKey = secrets.natKeys.seal('another', 'another purpose');
    await registry.change(id, (workspace) => ({ ...workspace, natApiKey }));
    const { nat, calls } = natAnswering({ verdict: 'accepted' });
    expect(await deliveryTo(nat).deliverPending(key)).toMatchObject({
      status: 'retrying',
      error: 'key unreadable',
      natKeyRejected: true,
    });
    expect(calls).toEqual([]);
    expect(await ledger.read(key)).toMatchObject({ status: 'retrying', attempts: 1, event });
  });

  it('is retried for the whole retry window, and looked up each time, while its workspace is unknown', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const id = `w-${randomUUID()}`;
    const { ledger } = tables();
    const { nat, calls } = natAnswering({ verdict: 'accepted' });
    const delivery = deliveryTo(nat);
    const unknown = async () => {
      const key = { contact: `${id}#${randomUUID()}`, day: '2020-05-31' };
      await ledger.accept(key, event, NOW);
      const result = await delivery.deliverPending(key);
      expect(result).toMatchObject({ status: 'retrying', error: 'workspace unknown' });
      const { dueAt = '' } = await existing(ledger.read(key));
      return { ...key, dueAt };
    };
    const [first, second] = [await unknown(), await unknown()];
    vi.setSystemTime(NOW + WINDOW_MS);
    expect(await delivery.redeliver(first)).toMatchObject({
      status: 'dead',
      error: 'workspace unknown',
    });
    await tables().operator.run({ command: 'workspace.add', workspace: id, name: id });
    expect(await delivery.redeliver(second)).toMatchObject({ status: 'delivered' });
    expect(calls).toHaveLength(1);
  });

  it('is sent with the newest key that the index of workspaces shows, current or not', async () => {
    const { id, key } = await accepted();
    const { nat, calls } = natAnswering({ verdict: 'accepted' });
    // A rotation of which the index does not show the new record yet.
    await tables().registry.change(id, (workspace) => ({
      ...workspace,
      keys: endKeys(workspace.keys, () => true, Date.parse('2027-01-01T00:00:00Z')),
    }));
    expect(await deliveryTo(nat).deliverPending(key)).toMatchObject({ status: 'delivered' });
    expect(calls).toMatchObject([{ apiKey: `key-${id}` }]);
  });
});

describe('redelivering', () => {
  it('sends only once in overlapping runs', async () => {
    const { key } = await accepted();
    const { nat, calls } = natAnswering(unavailable, { verdict: 'accepted' });
    const delivery = deliveryTo(nat);
    await delivery.deliverPending(key);
    const { dueAt = '' } = await existing(tables().ledger.read(key));
    const runs = [1, 2, 3].map(() => delivery.redeliver({ ...key, dueAt }));
    const statuses = (await Promise.all(runs)).map(({ status }) => status);
    expect(statuses.sort()).toEqual(['delivered', 'skipped', 'skipped']);
    expect(calls).toHaveLength(2);
  });
});

describe('putting off', () => {
  it('costs one write and no call; the interaction is due within a minute, and that was no try', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const { key } = await accepted();
    const { ledger } = tables();
    const { nat, calls } = natAnswering({ verdict: 'accepted' });
    const delivery = deliveryTo(nat);
    tables().operations.length = 0;
    expect(await delivery.putOff(key)).toEqual({ status: 'retrying', error: 'put off' });
    expect(tables().operations).toEqual(['UpdateItem']);
    expect(calls).toEqual([]);
    const entry = await existing(ledger.read(key));
    expect(entry).toMatchObject({ status: 'retrying', lastError: 'put off', attempts: 0, event });
    const { dueAt = '' } = entry;
    expect(Date.parse(dueAt)).toBeGreaterThanOrEqual(NOW);
    expect(Date.parse(dueAt)).toBeLessThanOrEqual(NOW + RETRY_SCHEDULE.firstDelayMs);
    expect(await delivery.redeliver({ ...key, dueAt })).toMatchObject({ status: 'delivered' });
  });

  it('leaves alone what is not pending any more', async () => {
    const { key } = await accepted();
    const delivery = deliveryTo(natAnswering({ verdict: 'accepted' }).nat);
    await delivery.deliverPending(key);
    expect(await delivery.putOff(key)).toEqual({ status: 'skipped' });
    expect(await tables().ledger.read(key)).toMatchObject({ status: 'delivered' });
  });

  it('does not use up the retry window: that starts with the first try', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const { key } = await accepted();
    const { ledger } = tables();
    const delivery = deliveryTo(natAnswering(unavailable).nat);
    await delivery.putOff(key);
    const redeliver = async (now: number) => {
      const { dueAt = '' } = await existing(ledger.read(key));
      vi.setSystemTime(now);
      return delivery.redeliver({ ...key, dueAt });
    };
    const firstTry = NOW + WINDOW_MS + HOUR_MS;
    expect(await redeliver(firstTry)).toMatchObject({ status: 'retrying' });
    expect(await redeliver(firstTry + WINDOW_MS - 1)).toMatchObject({ status: 'retrying' });
    expect(await redeliver(firstTry + WINDOW_MS)).toMatchObject({ status: 'dead' });
  });
});

describe('the mark that Nat rejects a key', () => {
  it('goes when Nat accepts the key again, and costs nothing before and after', async () => {
    const { id, key } = await accepted();
    const { ledger, workspaces, operations } = tables();
    const rejected: NatResult = { verdict: 'key-rejected', error: 'status 401' };
    const delivery = deliveryTo(natAnswering(rejected, { verdict: 'accepted' }).nat);
    await delivery.deliverPending(key);
    expect(await rejectedSince(id)).toBeDefined();
    const { dueAt = '' } = await existing(ledger.read(key));
    expect(await delivery.redeliver({ ...key, dueAt })).toMatchObject({ status: 'delivered' });
    expect(await rejectedSince(id)).toBeUndefined();
    const next = { ...key, day: '2020-06-01' };
    await ledger.accept(next, event, Date.now());
    await workspaces.findById(id);
    operations.length = 0;
    expect(await delivery.deliverPending(next)).toMatchObject({ status: 'delivered' });
    expect(operations).toEqual(['GetItem', 'UpdateItem']);
  });

  it('stays when Nat accepts the old key of one that was replaced', async () => {
    const { id } = await accepted();
    const { workspaces, operator } = tables();
    const before = await recordOf(id);
    const natApiKey = 'the-new-key-for-nat';
    await operator.run({ command: 'workspace.update', workspace: id, natApiKey });
    const after = await recordOf(id);
    await workspaces.markNatKeyRejected(after, NOW);
    await workspaces.unmarkNatKeyRejected({ ...before, natKeyRejectedAt: after.createdAt });
    expect(await rejectedSince(id)).toBeDefined();
  });
});

describe('what is wrong in itself', () => {
  it.each([
    ['event', 'content missing'],
    ['acceptedAt', 'entry unreadable'],
    ['attempts', 'entry unreadable'],
  ])('is dead with its reason, for both functions: without %s', async (field, error) => {
    const { db, ledger } = tables();
    const { nat, calls } = natAnswering({ verdict: 'accepted' });
    const delivery = deliveryTo(nat);
    const spoil = (key: InteractionKey) =>
      db.send(
        new UpdateItemCommand({
          TableName: TABLES.Interactions,
          Key: toKeyItem(key),
          UpdateExpression: 'REMOVE #field',
          ExpressionAttributeNames: { '#field': field },
        }),
      );
    const { key } = await accepted();
    await spoil(key);
    expect(await delivery.deliverPending(key)).toMatchObject({ status: 'dead', error });
    const due = (await accepted()).key;
    const dueAt = new Date(Date.now() - HOUR_MS).toISOString();
    await ledger.settle(
      await existing(ledger.read(due)),
      { status: 'retrying', error: 'timeout', dueAt: Date.parse(dueAt) },
      Date.now(),
    );
    await spoil(due);
    expect(await delivery.redeliver({ ...due, dueAt })).toMatchObject({ status: 'dead', error });
    expect(calls).toEqual([]);
    for (const one of [key, due]) {
      const { Item } = await db.send(
        new GetItemCommand({ TableName: TABLES.Interactions, Key: toKeyItem(one) }),
      );
      expect(Item).toMatchObject({ status: { S: 'dead' }, lastError: { S: error } });
      expect(Item).toMatchObject({ queue: { S: 'dead' } });
    }
  });

  it('waits when it is the record of its workspace, which an operator can mend', async () => {
    const { id, key } = await accepted();
    const { db, ledger } = tables();
    const record = await recordOf(id);
    await db.send(
      new UpdateItemCommand({
        TableName: TABLES.Workspaces,
        Key: { key: { S: record.key } },
        UpdateExpression: 'SET #status = :broken',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':broken': { S: 'broken' } },
      }),
    );
    const { nat } = natAnswering({ verdict: 'accepted' });
    expect(await deliveryTo(nat).deliverPending(key)).toMatchObject({
      status: 'retrying',
      error: 'workspace unknown',
    });
    expect(await ledger.read(key)).toMatchObject({ event });
    await db.send(
      new DeleteItemCommand({
        TableName: TABLES.Workspaces,
        Key: { key: { S: record.key } },
      }),
    );
  });
});

it.each(['status 302', 'status 404', 'status 405', 'status 410'])(
  'a wrong address (%s) is told, and kills nothing',
  async (error) => {
    const { key } = await accepted();
    const { nat } = natAnswering({ verdict: 'address-wrong', error });
    expect(await deliveryTo(nat).deliverPending(key)).toMatchObject({
      status: 'retrying',
      error,
      natAddressWrong: true,
      failed: true,
    });
  },
);
