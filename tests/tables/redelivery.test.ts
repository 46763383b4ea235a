import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type DeliveryResult, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import { createFailureStreaks, FAILURES_IN_A_ROW } from '../../lib/delivery/failure-streaks.ts';
import { redeliverDue } from '../../lib/delivery/redelivery.ts';
import type { DueEntry } from '../../lib/ledger/entry.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { embeddedTables, existing } from './embedded.ts';

const tables = embeddedTables();
const DUE = 120;
const NOW = Date.now();

/** A run in which every try comes to the same. */
async function runWith(result: DeliveryResult, remainingMs = () => MINUTE_MS) {
  const tried: DueEntry[] = [];
  const { ledger } = tables();
  const run = await redeliverDue({
    ledger,
    failureStreaks: createFailureStreaks(),
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
  it('leaves what belongs to a failing workspace, all of it, for the next one', async () => {
    const failing = { status: 'retrying', error: 'status 503', failed: true } as const;
    const { run, tried } = await runWith(failing);
    expect(run.ended).toBe('keeps failing');
    expect(tried).toHaveLength(FAILURES_IN_A_ROW);
    const rest = await runWith({ status: 'delivered', failed: false });
    expect(rest.run.tried).toBe(DUE - tried.length);
  });

  it('begins no try that it has no time for', async () => {
    const { run, tried } = await runWith({ status: 'delivered' }, () => MAX_ATTEMPT_MS - 1);
    expect([run.ended, tried]).toEqual(['out of time', []]);
    await runWith({ status: 'delivered' });
  });
});
