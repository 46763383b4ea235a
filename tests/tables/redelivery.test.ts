import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryResult } from '../../lib/delivery.ts';
import { type DueEntry, workspaceOf } from '../../lib/ledger.ts';
import { redeliverDue } from '../../lib/redelivery.ts';
import { embeddedTables, existing } from './embedded.ts';

const tables = embeddedTables();
const DUE = 120;
const NOW = Date.now();

/** A run in which every try of a workspace comes to the same. */
async function runWith(
  result: DeliveryResult | ((workspace: string) => DeliveryResult),
  remainingMs = () => 55_000,
) {
  const tried: DueEntry[] = [];
  const failures: unknown[] = [];
  const { ledger } = tables();
  const run = await redeliverDue({
    ledger,
    redeliver: async (due) => {
      tried.push(due);
      const entry = await existing(ledger.lease(due, Date.now() + 60_000));
      const came = typeof result === 'function' ? result(workspaceOf(due)) : result;
      if (came.status === 'delivered') await ledger.settle(entry, { status: 'delivered' }, NOW);
      return came;
    },
    report: () => {},
    reportFailure: (error) => failures.push(error),
    remainingMs,
  });
  const triedOf = (workspace: string) => tried.filter((due) => workspaceOf(due) === workspace);
  return { run, tried, triedOf, failures };
}

/** Makes interactions of a workspace due, oldest first by `dueAt`. */
async function putOff(workspace: string, count: number, dueAt = NOW): Promise<void> {
  const { ledger } = tables();
  const event = { email: 'a@example.com', timestamp: '2020-05-31T00:00:00Z', description: 'x' };
  for (let n = 0; n < count; n += 1) {
    const key = { contact: `${workspace}#${randomUUID()}`, day: '2020-05-31' };
    await ledger.accept(key, event, NOW);
    const entry = await existing(ledger.read(key));
    await ledger.settle(entry, { status: 'retrying', error: 'timeout', dueAt }, NOW);
  }
}

beforeEach(() => putOff('acme', DUE));

describe('a run of redeliver', () => {
  it('ends early when Nat fails many times in a row', async () => {
    const failing = { status: 'retrying', error: 'status 503', natFailed: true } as const;
    const { run, tried } = await runWith(failing);
    expect(run.ended).toBe('Nat keeps failing');
    expect(tried.length).toBeGreaterThanOrEqual(20);
    expect(tried.length).toBeLessThan(20 + 40);
    // What it left is for the next run.
    const rest = await runWith({ status: 'delivered' });
    expect(rest.run.tried).toBe(DUE - tried.length);
  });

  it('begins no try that it has no time for', async () => {
    const { run, tried } = await runWith({ status: 'delivered' }, () => 14_999);
    expect([run.ended, tried]).toEqual(['out of time', []]);
    await runWith({ status: 'delivered' });
  });

  it('goes on over a key that Nat rejects: that is no failure of Nat', async () => {
    const rejected = { status: 'retrying', error: 'status 401', natKeyRejected: false } as const;
    const { run } = await runWith(rejected);
    expect(run).toEqual({ tried: DUE, failed: 0, ended: 'nothing due' });
  });

  it('goes on over tries that throw, and has ended them all when it returns', async () => {
    await putOff('broken', 60, NOW - 1000);
    let underWay = 0;
    const { ledger } = tables();
    const delivered: DueEntry[] = [];
    const failures: unknown[] = [];
    const run = await redeliverDue({
      ledger,
      redeliver: async (due) => {
        underWay += 1;
        const entry = await existing(ledger.lease(due, Date.now() + 60_000));
        underWay -= 1;
        if (workspaceOf(due) === 'broken') throw new Error('cannot be read');
        await ledger.settle(entry, { status: 'delivered' }, NOW);
        delivered.push(due);
        return { status: 'delivered' };
      },
      report: () => {},
      reportFailure: (error) => failures.push(error),
      remainingMs: () => 55_000,
    });
    expect(delivered).toHaveLength(DUE);
    expect(underWay).toBe(0);
    expect(run.failed).toBeGreaterThan(0);
    expect(failures).toHaveLength(run.failed);
  });
});
