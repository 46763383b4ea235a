import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { interactionId } from '../../lib/ledger/entry.ts';
import { RETRY_QUEUES } from '../../lib/ledger/queues.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { TABLES } from '../../offline/database.ts';
import { embeddedTables, existing } from './embedded.ts';

const tables = embeddedTables();
const NOW = Date.parse('2026-11-24T08:00:00Z');
const event = {
  email: 'peter@example.com',
  timestamp: '2020-05-31T17:55:47.263Z',
  description: 'https://example.com',
};
const newKey = (day = '2020-05-31') => ({ contact: `acme#${randomUUID()}`, day });

describe('the one-per-day rule', () => {
  it('accepts only one of many concurrent writes for a contact and day', async () => {
    const { ledger } = tables();
    const key = newKey();
    const writes = Array.from({ length: 50 }, () => ledger.accept(key, event, NOW));
    expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
  });

  it('keeps the first description when a second event of the day comes', async () => {
    const { ledger } = tables();
    const key = newKey();
    await ledger.accept(key, event, NOW);
    expect(await ledger.accept(key, { ...event, description: 'second' }, NOW)).toBe(false);
    expect((await ledger.read(key))?.event).toEqual(event);
  });

  it.each(['delivered', 'retrying'] as const)(
    'does not free the day of an interaction that is %s',
    async (status) => {
      const { ledger } = tables();
      const key = newKey();
      await ledger.accept(key, event, NOW);
      const entry = await existing(ledger.read(key));
      const outcome =
        status === 'delivered' ? { status } : { status, error: 'status 503', dueAt: NOW };
      await ledger.settle(entry, outcome, NOW);
      expect(await ledger.accept(key, event, NOW)).toBe(false);
      expect(await ledger.findTaken([key])).toEqual(new Set([interactionId(key)]));
    },
  );

  it('frees the day of a dead interaction for a new event', async () => {
    const { ledger } = tables();
    const key = newKey();
    await ledger.accept(key, event, NOW);
    const dead = { status: 'dead', error: 'status 400' } as const;
    await ledger.settle(await existing(ledger.read(key)), dead, NOW);
    expect(await ledger.findTaken([key])).toEqual(new Set());
    expect(await ledger.accept(key, { ...event, description: 'second' }, NOW + 1)).toBe(true);
    expect(await ledger.read(key)).toEqual({
      ...key,
      status: 'pending',
      event: { ...event, description: 'second' },
      attempts: 0,
      acceptedAt: '2026-11-24T08:00:00.001Z',
    });
  });

  it('finds taken keys among more keys than fit in one read', async () => {
    const { ledger } = tables();
    const keys = Array.from({ length: 250 }, () => newKey());
    const taken = keys.filter((_, n) => n % 100 === 0);
    await Promise.all(taken.map((key) => ledger.accept(key, event, NOW)));
    expect(await ledger.findTaken(keys)).toEqual(new Set(taken.map(interactionId)));
  });
});

describe('settling', () => {
  it('removes address and description when delivered', async () => {
    const { ledger } = tables();
    const key = newKey();
    await ledger.accept(key, event, NOW);
    await ledger.settle(await existing(ledger.read(key)), { status: 'delivered' }, NOW + 5);
    expect(await ledger.read(key)).toEqual({
      ...key,
      status: 'delivered',
      attempts: 1,
      acceptedAt: '2026-11-24T08:00:00.000Z',
      settledAt: '2026-11-24T08:00:00.005Z',
    });
  });

  it('succeeds for only one of two deliverers that read the same state', async () => {
    const { ledger } = tables();
    const key = newKey();
    await ledger.accept(key, event, NOW);
    const entry = await existing(ledger.read(key));
    const retrying = { status: 'retrying', error: 'timeout', dueAt: NOW } as const;
    expect(await ledger.settle(entry, { status: 'delivered' }, NOW)).toBe(true);
    expect(await ledger.settle(entry, retrying, NOW)).toBe(false);
    expect((await ledger.read(key))?.status).toBe('delivered');
  });

  it('fails for a deliverer that read an earlier event of the day', async () => {
    const { ledger, db } = tables();
    const repairs = createRepairs(db, TABLES.Interactions);
    const key = newKey();
    await ledger.accept(key, event, NOW);
    const earlier = await existing(ledger.read(key));
    await repairs.forget(key);
    await ledger.accept(key, { ...event, description: 'later' }, NOW + 1);
    expect(await ledger.settle(earlier, { status: 'delivered' }, NOW + 2)).toBe(false);
    expect(await ledger.read(key)).toMatchObject({ event: { description: 'later' } });
  });

  it('fails for a deliverer whose interaction was deleted', async () => {
    const { ledger, db } = tables();
    const repairs = createRepairs(db, TABLES.Interactions);
    const key = newKey();
    await ledger.accept(key, event, NOW);
    const entry = await existing(ledger.read(key));
    await repairs.forget(key);
    expect(await ledger.settle(entry, { status: 'delivered' }, NOW)).toBe(false);
    expect(await ledger.read(key)).toBeUndefined();
  });

  it('fails for a deliverer whose lease ended and was taken by another', async () => {
    const { ledger } = tables();
    const key = newKey();
    await ledger.accept(key, event, NOW);
    const pending = await existing(ledger.read(key));
    await ledger.settle(pending, { status: 'retrying', error: 'timeout', dueAt: NOW }, NOW);
    const first = await existing(ledger.lease({ ...key, dueAt: iso(NOW) }, NOW + MINUTE_MS));
    const again = { ...key, dueAt: iso(NOW + MINUTE_MS) };
    const second = await existing(ledger.lease(again, NOW + 2 * MINUTE_MS));
    expect(await ledger.settle(first, { status: 'delivered' }, NOW)).toBe(false);
    expect(await ledger.settle(second, { status: 'delivered' }, NOW)).toBe(true);
  });
});

describe('what is due', () => {
  it('is found in the index when its time has come, and not before', async () => {
    const { ledger } = tables();
    const keys = Array.from({ length: 20 }, () => newKey());
    for (const key of keys) {
      await ledger.accept(key, event, NOW);
      const entry = await existing(ledger.read(key));
      const dueAt = NOW + MINUTE_MS;
      await ledger.settle(entry, { status: 'retrying', error: 'timeout', dueAt }, NOW);
    }
    const dueAt = async (now: number) => {
      const names: string[] = [];
      for (const queue of RETRY_QUEUES) {
        // Pages of two, so that there is more than one.
        for await (const page of ledger.findDue(queue, now, 2)) {
          names.push(...page.map(interactionId));
        }
      }
      return names;
    };
    expect(await dueAt(NOW + MINUTE_MS - 1)).not.toEqual(
      expect.arrayContaining(keys.map(interactionId)),
    );
    expect(await dueAt(NOW + MINUTE_MS)).toEqual(expect.arrayContaining(keys.map(interactionId)));
  });

  it('is leased by only one of several overlapping runs', async () => {
    const { ledger } = tables();
    const key = newKey();
    await ledger.accept(key, event, NOW);
    const entry = await existing(ledger.read(key));
    await ledger.settle(entry, { status: 'retrying', error: 'timeout', dueAt: NOW }, NOW);
    const due = { ...key, dueAt: iso(NOW) };
    const leases = [1, 2, 3].map(() => ledger.lease(due, NOW + MINUTE_MS));
    expect((await Promise.all(leases)).filter((lease) => lease !== undefined)).toHaveLength(1);
  });
});

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
