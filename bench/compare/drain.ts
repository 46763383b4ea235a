import { DELIVERY } from '../../cli/cost/measured.ts';
import { type DeliveryResult, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import { createFailureStreaks } from '../../lib/delivery/failure-streaks.ts';
import { CONCURRENT_ATTEMPTS, redeliverDue } from '../../lib/delivery/redelivery.ts';
import type { DueEntry } from '../../lib/ledger/entry.ts';
import { retryQueueOf } from '../../lib/ledger/queues.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { createProcessor, type VirtualClock, withVirtualClock } from '../virtual-clock.ts';
import type { Section } from './section.ts';

const DUE = 10_000;
const CUSTOMERS = 100;
const NAT_MS = 50;
const RUN_MS = 55 * SECOND_MS;
const PAGE = 100;
/** What one page of the index takes. */
const PAGE_MS = 10;
const GOAL = 0.9;

/** How well `redeliver` uses the attempts that it may make at the same time. */
export const drainSection: Section = {
  name: 'drain',
  title: `Draining ${DUE.toLocaleString('en')} due interactions`,
  about:
    `On a virtual clock, with the rules of redeliver, Nat at ${NAT_MS} ms, and ${PAGE_MS} ms for a page ` +
    `of the index. 1 is ${CONCURRENT_ATTEMPTS} attempts at any moment. A run starts none in its last ` +
    `${MAX_ATTEMPT_MS / SECOND_MS} seconds, so what takes longer than ` +
    `${(RUN_MS - MAX_ATTEMPT_MS) / SECOND_MS} seconds goes on a minute later.`,
  async measure() {
    const scheduled = await shareOfPerfect(0);
    const computed = await shareOfPerfect(DELIVERY.cpuMs);
    return [
      {
        what: 'use of the concurrency',
        figure: scheduled.toFixed(2),
        goal: `≥ ${GOAL}`,
        isReached: scheduled >= GOAL,
      },
      {
        what: `with ${DELIVERY.cpuMs} ms of CPU for each, on one processor`,
        figure: computed.toFixed(2),
      },
    ];
  },
};

/** @param cpuMs CPU time of an attempt, ms */
async function shareOfPerfect(cpuMs: number): Promise<number> {
  const tookMs = await withVirtualClock((virtual) => drain(virtual, cpuMs));
  return (DUE * NAT_MS) / CONCURRENT_ATTEMPTS / tookMs;
}

/** @returns how long it takes until all are delivered, ms */
async function drain(virtual: VirtualClock, cpuMs: number): Promise<number> {
  const { clock, wait } = virtual;
  const compute = createProcessor(virtual);
  let due: DueEntry[] = Array.from({ length: DUE }, (_, n) => ({
    contact: `customer-${n % CUSTOMERS}#${n}`,
    day: '2026-11-28',
    dueAt: '2026-11-28T08:00:00.000Z',
  }));
  const delivered = new Set<DueEntry>();
  const ledger = {
    async *findDue(queue: string) {
      const inQueue = due.filter((one) => retryQueueOf(one) === queue);
      for (let from = 0; from < inQueue.length; from += PAGE) {
        await wait(PAGE_MS);
        yield inQueue.slice(from, from + PAGE);
      }
    },
  };
  let lastMs = 0;
  const run = async () => {
    const endsAt = clock.now + RUN_MS;
    await redeliverDue({
      ledger,
      failureStreaks: createFailureStreaks(),
      async redeliver(one: DueEntry): Promise<DeliveryResult> {
        if (cpuMs > 0) await compute(cpuMs);
        await wait(NAT_MS);
        delivered.add(one);
        lastMs = clock.now;
        return { status: 'delivered', natMs: NAT_MS, failed: false };
      },
      report: () => {},
      reportFailure: (error) => {
        throw error;
      },
      remainingMs: () => endsAt - clock.now,
    });
  };
  while (delivered.size < DUE) {
    due = due.filter((one) => !delivered.has(one));
    const ended = run();
    await clock.tickAsync(MINUTE_MS);
    await ended;
  }
  return lastMs;
}
