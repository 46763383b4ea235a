import pMap from 'p-map';
import type { DeliveryResult } from './delivery.ts';
import { type DueEntry, type Ledger, RETRY_SHARDS } from './ledger.ts';

const PAGE = 100;
/** Tries under way at once in a shard. */
const CONCURRENT_TRIES = 10;
/** So many failures of Nat in a row end the run: the next one, a minute later, asks again. */
const FAILURES_IN_A_ROW = 20;
/** What a try may take: Nat's time-out and the writes around it. No try is begun with less left. */
const TRY_MS = 15_000;

/** What a run needs. */
export interface RedeliveryParts {
  ledger: Ledger;
  /** Tries one interaction again, under a lease. */
  redeliver: (due: DueEntry) => Promise<DeliveryResult>;
  /** Told what each try came to. */
  report: (due: DueEntry, result: DeliveryResult) => void;
  /** Told of each try, or of each reading of what is due, that threw. */
  reportFailure: (error: unknown, due?: DueEntry) => void;
  /** How long this run may still take, ms. */
  remainingMs: () => number;
}

/** How a run ended, how many it tried, and how much of it threw. */
export interface RedeliveryRun {
  tried: number;
  failed: number;
  ended: 'nothing due' | 'Nat keeps failing' | 'out of time';
}

/**
 * One run over everything that is due: all shards side by side, oldest first. It ends early when
 * Nat fails many times in a row, and in time; what it did not begin is due for the next run, and
 * what it began but could not settle comes back when its lease is over. What throws is counted and
 * passed over, so that it keeps nothing else waiting.
 *
 * @returns once every try has ended
 */
export async function redeliverDue(parts: RedeliveryParts): Promise<RedeliveryRun> {
  const run: RedeliveryRun = { tried: 0, failed: 0, ended: 'nothing due' };
  let failures = 0;
  const shards = Array.from({ length: RETRY_SHARDS }, (_, shard) => redeliverShard(shard));
  await Promise.all(shards);
  return run;

  async function redeliverShard(shard: number): Promise<void> {
    try {
      let progress = true;
      // A stale index may show what is settled or leased: a page without progress ends the shard.
      while (progress && !mustEnd()) {
        const due = await parts.ledger.findDue(shard, Date.now(), PAGE);
        const results = await pMap(due, tryAgain, { concurrency: CONCURRENT_TRIES });
        progress = results.some((status) => status !== 'skipped');
      }
    } catch (error) {
      fail(error);
    }
  }

  async function tryAgain(due: DueEntry): Promise<DeliveryResult['status']> {
    if (mustEnd()) return 'skipped';
    try {
      const result = await parts.redeliver(due);
      if (result.status !== 'skipped') run.tried += 1;
      if (result.status === 'delivered') failures = 0;
      if (result.natFailed) failures += 1;
      parts.report(due, result);
      return result.status;
    } catch (error) {
      fail(error, due);
      return 'skipped';
    }
  }

  function fail(error: unknown, due?: DueEntry): void {
    run.failed += 1;
    parts.reportFailure(error, due);
  }

  function mustEnd(): boolean {
    if (failures >= FAILURES_IN_A_ROW) run.ended = 'Nat keeps failing';
    else if (parts.remainingMs() < TRY_MS) run.ended = 'out of time';
    return run.ended !== 'nothing due';
  }
}
