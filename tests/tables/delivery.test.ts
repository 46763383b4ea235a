import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import type { Nat, NatCall, NatResult } from '../../lib/delivery/nat.ts';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { endKeys } from '../../lib/workspaces/master-record.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../../lib/workspaces/workspace-cache.ts';
import { embeddedTables, existing, secrets } from './embedded.ts';

const tables = embeddedTables();
const NOW = Date.parse('2026-11-24T08:00:00Z');
const WINDOW_MS = RETRY_SCHEDULE.giveUpAfterMs;
const event = {
  email: 'peter@example.com',
  timestamp: '2020-05-31T17:55:47.263Z',
  description: 'https://example.com',
};

/** A Nat that answers in turn, the last answer from then on; and what it was sent. */
function natAnswering(...answers: NatResult[]): { nat: Nat; calls: NatCall[] } {
  const calls: NatCall[] = [];
  const nat: Nat = async (call) => {
    calls.push(call);
    return answers[Math.min(calls.length, answers.length) - 1] ?? { verdict: 'accepted' };
  };
  return { nat, calls };
}

async function accepted() {
  const id = `w-${randomUUID()}`;
  const { ledger } = tables();
  const add = { command: 'workspace.add', workspace: id, name: id, apiKey: `key-${id}` };
  await tables().operator.run(add);
  const key = { contact: `${id}#${randomUUID()}`, day: '2020-05-31' };
  await ledger.accept(key, event, Date.now());
  return { id, key };
}

function deliveryTo(nat: Nat) {
  const { ledger, workspaces } = tables();
  return createDelivery({ ledger, workspaces, secrets, nat });
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

  it('carries the same Idempotency-Key in every try, and in place of a dead one whose day it takes', async () => {
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

describe('what Nat does not take', () => {
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
    expect(await delivery.deliverPending(key)).toMatchObject({ natKeyRejected: true });
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
    'is put off for moments when %s has just replaced the key it was tried with',
    async (command) => {
      vi.useFakeTimers({ toFake: ['Date'], now: NOW });
      const { id, key } = await accepted();
      const { ledger, operator, workspaces } = tables();
      const { nat, calls } = natAnswering(
        { verdict: 'key-rejected', error: 'status 401' },
        { verdict: 'accepted' },
      );
      const delivery = deliveryTo(nat);
      // A container that remembers the old key, for a minute.
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

  it('is put off without a call when the key for Nat cannot be unsealed, and marks the workspace', async () => {
    const { id, key } = await accepted();
    const { ledger, registry } = tables();
    const natApiKey = secrets.seal('another', 'another purpose');
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

  it('goes with the newest key that the index of workspaces shows, current or not', async () => {
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
  it('sends in one of two overlapping runs', async () => {
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
