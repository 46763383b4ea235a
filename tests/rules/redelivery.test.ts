import { describe, expect, it } from 'vitest';
import type { DeliveryResult } from '../../lib/delivery/attempt.ts';
import { FAILURES_IN_A_ROW, WORKSPACES_IN_A_ROW } from '../../lib/delivery/failure-streaks.ts';
import { CONCURRENT_ATTEMPTS, redeliverDue } from '../../lib/delivery/redelivery.ts';
import { type DueEntry, workspaceIdOf } from '../../lib/ledger/entry.ts';
import { RETRY_QUEUES } from '../../lib/ledger/queues.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';

const delivered: DeliveryResult = { status: 'delivered', natFailed: false };
const throttled: DeliveryResult = { status: 'retrying', error: 'status 429', natFailed: true };
const turn = () => new Promise((resolve) => setImmediate(resolve));

function dueOf(workspace: string, count: number): DueEntry[] {
  const dueAt = '2026-11-24T08:00:00.000Z';
  return Array.from({ length: count }, (_, n) => ({
    contact: `${workspace}#${n}`,
    day: '2020-05-31',
    dueAt,
  }));
}

/** Runs over what is due: one queue, earliest first, in pages of 100. */
async function runOver(due: DueEntry[], redeliver: (workspace: string) => DeliveryResult) {
  const tried: DueEntry[] = [];
  const failures: unknown[] = [];
  let underWay = 0;
  async function* findDue(queue: string) {
    for (let from = 0; queue === RETRY_QUEUES[0] && from < due.length; from += 100) {
      yield due.slice(from, from + 100);
    }
  }
  const run = await redeliverDue({
    ledger: { findDue },
    redeliver: async (one) => {
      tried.push(one);
      underWay += 1;
      await turn();
      underWay -= 1;
      return redeliver(workspaceIdOf(one));
    },
    report: () => {},
    reportFailure: (error) => failures.push(error),
    remainingMs: () => MINUTE_MS,
  });
  expect(underWay).toBe(0);
  const triedOf = (workspace: string) => tried.filter((one) => workspaceIdOf(one) === workspace);
  return { run, tried, triedOf, failures };
}

describe('a run of redeliver', () => {
  it('continues after attempts that throw, and returns when all have ended', async () => {
    const due = [...dueOf('broken', 200), ...dueOf('acme', 20)];
    const { run, triedOf, failures } = await runOver(due, (workspace) => {
      if (workspace === 'broken') throw new Error('cannot be read');
      return delivered;
    });
    expect(triedOf('acme')).toHaveLength(20);
    expect(run.failed).toBeGreaterThan(0);
    expect(failures).toHaveLength(run.failed);
  });

  it('goes on with the other queues when one cannot be read', async () => {
    const findDue = async function* (queue: string) {
      if (queue === RETRY_QUEUES[0]) throw new Error('unreachable');
      yield dueOf(queue, 1);
    };
    const tried: DueEntry[] = [];
    const failures: unknown[] = [];
    const run = await redeliverDue({
      ledger: { findDue },
      redeliver: async (one) => {
        tried.push(one);
        return delivered;
      },
      report: () => {},
      reportFailure: (error) => failures.push(error),
      remainingMs: () => MINUTE_MS,
    });
    expect(tried).toHaveLength(RETRY_QUEUES.length - 1);
    expect([run.failed, failures.length]).toEqual([1, 1]);
  });

  it('passes over a workspace for which Nat keeps failing, and goes on with the others', async () => {
    const due = [...dueOf('throttled', 400), ...dueOf('acme', 20)];
    const { run, triedOf } = await runOver(due, (workspace) =>
      workspace === 'throttled' ? throttled : delivered,
    );
    expect(triedOf('acme')).toHaveLength(20);
    expect(triedOf('throttled').length).toBeGreaterThanOrEqual(FAILURES_IN_A_ROW);
    expect(triedOf('throttled').length).toBeLessThan(FAILURES_IN_A_ROW + CONCURRENT_ATTEMPTS);
    expect(run.passedOver).toBe(400 - triedOf('throttled').length);
    expect(run.ended).toBe('keeps failing');
  });

  it('ends when Nat fails for several workspaces in a row', async () => {
    const customers = Array.from({ length: 10 * WORKSPACES_IN_A_ROW }, (_, n) => `customer-${n}`);
    const due = Array.from({ length: FAILURES_IN_A_ROW }, () =>
      customers.flatMap((customer) => dueOf(customer, 1)),
    ).flat();
    const { run, tried } = await runOver(due, () => throttled);
    expect(run.ended).toBe('keeps failing');
    expect(tried.length).toBeLessThan(FAILURES_IN_A_ROW + CONCURRENT_ATTEMPTS);
  });

  it('starts a new streak with each answer of Nat, whatever it says', async () => {
    let calls = 0;
    const { run } = await runOver(dueOf('acme', 300), () => {
      calls += 1;
      return calls % (FAILURES_IN_A_ROW - 1) === 0
        ? { status: 'dead', error: 'status 400', natFailed: false }
        : throttled;
    });
    expect(run).toMatchObject({ tried: 300, passedOver: 0, ended: 'nothing due' });
  });

  it('reads on after a page that is stale', async () => {
    const due = [...dueOf('stale', 150), ...dueOf('acme', 20)];
    const { triedOf } = await runOver(due, (workspace) =>
      workspace === 'stale' ? { status: 'skipped' } : delivered,
    );
    expect(triedOf('acme')).toHaveLength(20);
  });
});
