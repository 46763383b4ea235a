import { withGlobal } from '@sinonjs/fake-timers';
import type { DeliveryResult } from '../../lib/delivery/attempt.ts';
import { createFailureStreaks } from '../../lib/delivery/failure-streaks.ts';
import { CONCURRENT_ATTEMPTS, redeliverDue } from '../../lib/delivery/redelivery.ts';
import type { DueEntry } from '../../lib/ledger/entry.ts';
import { retryQueueOf } from '../../lib/ledger/queues.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
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
    `of the index. Perfect is ${CONCURRENT_ATTEMPTS} attempts at any moment.`,
  async measure() {
    const tookMs = await drain();
    const share = (DUE * NAT_MS) / CONCURRENT_ATTEMPTS / tookMs;
    const figure = `${share.toFixed(2)} of perfect`;
    return [
      { what: 'use of the concurrency', figure, goal: `≥ ${GOAL}`, isReached: share >= GOAL },
    ];
  },
};

async function drain(): Promise<number> {
  const clock = withGlobal(globalThis).install({ now: 0 });
  const wait = (ms: number) =>
    new Promise<void>((resolve) => clock.setTimeout(() => resolve(), ms));
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
  try {
    while (delivered.size < DUE) {
      due = due.filter((one) => !delivered.has(one));
      const ended = run();
      await clock.tickAsync(MINUTE_MS);
      await ended;
    }
    return lastMs;
  } finally {
    clock.uninstall();
  }
}
