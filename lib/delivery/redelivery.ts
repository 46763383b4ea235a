import pMap from 'p-map';
import { type DueEntry, workspaceIdOf } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { RETRY_SHARDS } from '../ledger/queues.ts';
import { type DeliveryResult, MAX_ATTEMPT_MS } from './attempt.ts';
import { createFailureStreaks } from './failure-streaks.ts';

const PAGE = 100;
/** Tries under way at once in a shard. */
const CONCURRENT_TRIES = 10;

/** What a run needs. */
export interface RedeliveryDependencies {
  ledger: Pick<Ledger, 'findDue'>;
  /** Tries one interaction again, under a lease. */
  redeliver: (due: DueEntry) => Promise<DeliveryResult>;
  /** Told what each try came to. */
  report: (due: DueEntry, result: DeliveryResult) => void;
  /** Told of each try, or of each reading of what is due, that threw. */
  reportFailure: (error: unknown, due?: DueEntry) => void;
  /** How long this run may still take, ms. */
  remainingMs: () => number;
}

/** How a run ended. */
export interface RedeliveryRun {
  /** How many it tried, and how many tries, or readings of what is due, threw. */
  tried: number;
  failed: number;
  /** How many it saw and did not try, because those of their workspace kept failing. */
  leftOut: number;
  ended: 'nothing due' | 'keeps failing' | 'out of time';
}

/**
 * One run over everything that is due: all shards side by side, oldest first. A workspace whose
 * tries fail many times in a row is left out from then on; when several do, or when the time is
 * up, the run ends. What it did not begin is due for the next run, and what it began but could not
 * settle comes back when its lease is over. What throws is counted, and keeps nothing else waiting.
 *
 * @returns once every try has ended
 */
export async function redeliverDue(parts: RedeliveryDependencies): Promise<RedeliveryRun> {
  const run: RedeliveryRun = { tried: 0, failed: 0, leftOut: 0, ended: 'nothing due' };
  const failures = createFailureStreaks();
  const now = Date.now();
  const shards = Array.from({ length: RETRY_SHARDS }, (_, shard) => redeliverShard(shard));
  await Promise.all(shards);
  if (run.leftOut > 0 && run.ended === 'nothing due') run.ended = 'keeps failing';
  return run;

  async function redeliverShard(shard: number): Promise<void> {
    try {
      for await (const page of parts.ledger.findDue(shard, now, PAGE)) {
        await pMap(page, tryAgain, { concurrency: CONCURRENT_TRIES });
        if (mustEnd()) return;
      }
    } catch (error) {
      fail(error);
    }
  }

  async function tryAgain(due: DueEntry): Promise<void> {
    const workspace = workspaceIdOf(due);
    if (mustEnd()) return;
    if (failures.isOpenFor(workspace)) {
      run.leftOut += 1;
      return;
    }
    try {
      const result = await parts.redeliver(due);
      if (result.status !== 'skipped') run.tried += 1;
      if (result.natFailed) failures.recordFailure(workspace);
      else if (result.natFailed === false) failures.recordSuccess(workspace);
      parts.report(due, result);
    } catch (error) {
      failures.recordFailure(workspace);
      fail(error, due);
    }
  }

  function fail(error: unknown, due?: DueEntry): void {
    run.failed += 1;
    parts.reportFailure(error, due);
  }

  function mustEnd(): boolean {
    if (failures.isOpen()) run.ended = 'keeps failing';
    else if (parts.remainingMs() < MAX_ATTEMPT_MS) run.ended = 'out of time';
    return run.ended !== 'nothing due';
  }
}
