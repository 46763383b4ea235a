import pMap from 'p-map';
import { type DueEntry, workspaceIdOf } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { RETRY_QUEUES } from '../ledger/queues.ts';
import { type DeliveryResult, MAX_ATTEMPT_MS } from './attempt.ts';
import { createFailureStreaks } from './failure-streaks.ts';

const PAGE_SIZE = 100;
/** How many attempts of one queue run at the same time. */
export const CONCURRENT_ATTEMPTS = 10;

/** What a run needs. */
export interface RedeliveryDependencies {
  ledger: Pick<Ledger, 'findDue'>;
  /** Tries one interaction again, under a lease. */
  redeliver: (due: DueEntry) => Promise<DeliveryResult>;
  /** Called with the result of each attempt. */
  report: (due: DueEntry, result: DeliveryResult) => void;
  /** Called for each attempt that threw, and for each queue that could not be read. */
  reportFailure: (error: unknown, due?: DueEntry) => void;
  /** How much time this run has left, ms. */
  remainingMs: () => number;
}

/** How a run ended. */
export interface RedeliveryRun {
  tried: number;
  /** How many attempts, or readings of a queue, threw. */
  failed: number;
  /** How many were not tried because their workspace kept failing. */
  passedOver: number;
  ended: 'nothing due' | 'keeps failing' | 'out of time';
}

/**
 * Tries everything that is due, all queues at the same time, earliest first. A workspace that fails
 * many times in a row is passed over for the rest of the run. The run ends early when several
 * workspaces fail, or when the time is up. What it did not try stays due for the next run. An
 * attempt that throws is counted and delays nothing else.
 *
 * @returns when every attempt has ended
 */
export async function redeliverDue(dependencies: RedeliveryDependencies): Promise<RedeliveryRun> {
  const { ledger, redeliver, report, reportFailure, remainingMs } = dependencies;
  const run: RedeliveryRun = { tried: 0, failed: 0, passedOver: 0, ended: 'nothing due' };
  const failureStreaks = createFailureStreaks();
  const now = Date.now();
  await Promise.all(RETRY_QUEUES.map(redeliverQueue));
  if (run.passedOver > 0 && run.ended === 'nothing due') run.ended = 'keeps failing';
  return run;

  async function redeliverQueue(queue: string): Promise<void> {
    try {
      for await (const page of ledger.findDue(queue, now, PAGE_SIZE)) {
        await pMap(page, tryAgain, { concurrency: CONCURRENT_ATTEMPTS });
        if (mustEnd()) return;
      }
    } catch (error) {
      countFailure(error);
    }
  }

  async function tryAgain(due: DueEntry): Promise<void> {
    const workspace = workspaceIdOf(due);
    if (mustEnd()) return;
    if (failureStreaks.isOpenFor(workspace)) {
      run.passedOver += 1;
      return;
    }
    try {
      const result = await redeliver(due);
      if (result.status !== 'skipped') run.tried += 1;
      if (result.natFailed === true) failureStreaks.recordFailure(workspace);
      if (result.natFailed === false) failureStreaks.recordSuccess(workspace);
      report(due, result);
    } catch (error) {
      failureStreaks.recordFailure(workspace);
      countFailure(error, due);
    }
  }

  function countFailure(error: unknown, due?: DueEntry): void {
    run.failed += 1;
    reportFailure(error, due);
  }

  function mustEnd(): boolean {
    if (failureStreaks.isOpen()) run.ended = 'keeps failing';
    else if (remainingMs() < MAX_ATTEMPT_MS) run.ended = 'out of time';
    return run.ended !== 'nothing due';
  }
}
