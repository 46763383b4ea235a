import pLimit from 'p-limit';
import { type DueEntry, workspaceIdOf } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { RETRY_QUEUES } from '../ledger/queues.ts';
import { type DeliveryResult, MAX_ATTEMPT_MS } from './attempt.ts';
import type { FailureStreaks } from './failure-streaks.ts';
import { createLanes } from './lanes.ts';

const PAGE_SIZE = 500;
/** How many attempts run at the same time. */
export const CONCURRENT_ATTEMPTS = 40;
/** How many interactions of one workspace wait in memory. More are read again when these are done. */
const LANE_CAPACITY = 500;

/** What a run needs. */
export interface RedeliveryDependencies {
  ledger: Pick<Ledger, 'findDue'>;
  /** What this container knows of failing workspaces, also from earlier runs. */
  failureStreaks: FailureStreaks;
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
  /** How many were read but not tried, such as those of failing workspaces. */
  passedOver: number;
  ended: 'nothing due' | 'keeps failing' | 'out of time';
}

/**
 * Tries everything that is due, all queues at the same time, earliest first. A workspace that keeps
 * failing is passed over, and the run continues with the others. The run ends early when many
 * workspaces begin to fail, or when the time is up. What it did not try stays due for the next run.
 * An attempt that throws is counted and delays nothing else.
 *
 * @returns when every attempt has ended
 */
export async function redeliverDue(dependencies: RedeliveryDependencies): Promise<RedeliveryRun> {
  const { ledger, failureStreaks, redeliver, report, reportFailure, remainingMs } = dependencies;
  const run: RedeliveryRun = { tried: 0, failed: 0, passedOver: 0, ended: 'nothing due' };
  const now = Date.now();
  const lanes = createLanes(failureStreaks);
  const inAnyLane = pLimit(CONCURRENT_ATTEMPTS);
  /** The workspaces that were passed over. Some may be tried after all, once a probe succeeded. */
  const leftOut = new Set<string>();
  do {
    leftOut.clear();
    run.passedOver = 0;
    await Promise.all(RETRY_QUEUES.map(redeliverQueue));
  } while (!mustEnd() && [...leftOut].some(failureStreaks.mayTry));
  if (run.passedOver > 0 && run.ended === 'nothing due') run.ended = 'keeps failing';
  return run;

  async function redeliverQueue(queue: string): Promise<void> {
    const attempts: Promise<void>[] = [];
    try {
      for await (const page of ledger.findDue(queue, now, PAGE_SIZE)) {
        attempts.push(...page.map(enqueue));
        if (mustEnd()) break;
      }
    } catch (error) {
      countFailure(error);
    }
    await Promise.all(attempts);
  }

  /** Waits in the lane of its workspace, so that reading continues when calls hang. */
  async function enqueue(due: DueEntry): Promise<void> {
    const workspace = workspaceIdOf(due);
    if (lanes.waitingFor(workspace) >= LANE_CAPACITY) return passOver(workspace);
    await lanes.run(workspace, () => inAnyLane(() => tryAgain(due, workspace)));
  }

  async function tryAgain(due: DueEntry, workspace: string): Promise<void> {
    if (mustEnd() || !failureStreaks.mayTry(workspace)) return passOver(workspace);
    try {
      const result = await failureStreaks.follow(workspace, () => redeliver(due));
      if (result.status !== 'skipped') run.tried += 1;
      report(due, result);
    } catch (error) {
      countFailure(error, due);
    }
  }

  function passOver(workspace: string): void {
    leftOut.add(workspace);
    run.passedOver += 1;
  }

  function countFailure(error: unknown, due?: DueEntry): void {
    run.failed += 1;
    reportFailure(error, due);
  }

  function mustEnd(): boolean {
    if (failureStreaks.isOutage()) run.ended = 'keeps failing';
    else if (remainingMs() < MAX_ATTEMPT_MS) run.ended = 'out of time';
    return run.ended !== 'nothing due';
  }
}
