import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type DeliveryResult, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import { FAILURES_IN_A_ROW } from '../../lib/delivery/failure-streaks.ts';
import { CONCURRENT_ATTEMPTS, redeliverDue } from '../../lib/delivery/redelivery.ts';
import type { DueEntry } from '../../lib/ledger/entry.ts';
import { RETRY_QUEUES } from '../../lib/ledger/queues.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { embeddedTables, existing } from './embedded.ts';

const tables = embeddedTables();
const DUE = 120;
const NOW = Date.now();

/** A run in which every attempt has the same result. */
async function runWith(result: DeliveryResult, remainingMs = () => MINUTE_MS) {
  const tried: DueEntry[] = [];
  const { ledger } = tables();
  const run = await redeliverDue({
    ledger,
    redeliver: async (due) => {
      tried.push(due);
      const entry = await existing(ledger.lease(due, Date.now() + MINUTE_MS));
      if (result.status === 'delivered') await ledger.settle(entry, { status: 'delivered' }, NOW);
      return result;
    },
    report: () => {},
    reportFailure: () => {},
    remainingMs,
  });
  return { run, tried };
}

beforeEach(async () => {
  const { ledger } = tables();
  const event = { email: 'a@example.com', timestamp: '2020-05-31T00:00:00Z', description: 'x' };
  for (let n = 0; n < DUE; n += 1) {
    const key = { contact: `acme#${randomUUID()}`, day: '2020-05-31' };
    await ledger.accept(key, event, NOW);
    const entry = await existing(ledger.read(key));
    await ledger.settle(entry, { status: 'retrying', error: 'timeout', dueAt: NOW }, NOW);
  }
});

describe('a run of redeliver', () => {
  it('ends early when Nat fails many times in a row', async () => {
    const failing = { status: 'retrying', error: 'status 503', natFailed: true } as const;
    const { run, tried } = await runWith(failing);
    expect(run.ended).toBe('keeps failing');
    expect(tried.length).toBeGreaterThanOrEqual(FAILURES_IN_A_ROW);
    expect(tried.length).toBeLessThan(
      FAILURES_IN_A_ROW + RETRY_QUEUES.length * CONCURRENT_ATTEMPTS,
    );
    // The next run tries the rest.
    const rest = await runWith({ status: 'delivered' });
    expect(rest.run.tried).toBe(DUE - tried.length);
  });

  it('starts no attempt without enough time for it', async () => {
    const { run, tried } = await runWith({ status: 'delivered' }, () => MAX_ATTEMPT_MS - 1);
    expect([run.ended, tried]).toEqual(['out of time', []]);
    await runWith({ status: 'delivered' });
  });

  it('continues when Nat rejects a key: that is no failure of Nat', async () => {
    const rejected = { status: 'retrying', error: 'status 401', natKeyRejected: true } as const;
    const { run } = await runWith(rejected);
    expect(run).toEqual({ tried: DUE, failed: 0, passedOver: 0, ended: 'nothing due' });
  });
});
