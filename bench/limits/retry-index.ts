import { RETRY_QUEUES, retryQueueOf } from '../../lib/ledger/queues.ts';

/** One partition of a table or an index takes so many write units a second. */
const UNITS_PER_PARTITION = 1000;
const SECONDS = 300;

/** How the index took a rate of interactions that begin to retry. */
export interface IndexResult {
  /** Interactions that got into the index, per second. */
  takenPerSecond: number;
  /** Those that wait at the end, because their writes were throttled: the stream sends them again. */
  waiting: number;
}

/**
 * Simulates an outage of Nat: each new interaction becomes retrying, which writes one entry to its
 * partition of the index `due`. The partitions are the real ones.
 *
 * DynamoDB splits a hot partition key by its sort key, but not where the sort key rises with time, as
 * `dueAt` does. So each queue stays one partition.
 *
 * @param rate new interactions per second
 */
export function simulateRetryIndex(rate: number): IndexResult {
  const waiting = new Map(RETRY_QUEUES.map((queue) => [queue, 0]));
  let taken = 0;
  for (let second = 0; second < SECONDS; second += 1) {
    for (let n = 0; n < rate; n += 1) {
      const contact = `workspace-${n % 100}#${second}-${n}`;
      const queue = retryQueueOf({ contact, day: '2026-11-28' });
      waiting.set(queue, (waiting.get(queue) ?? 0) + 1);
    }
    for (const [queue, count] of waiting) {
      const written = Math.min(count, UNITS_PER_PARTITION);
      taken += written;
      waiting.set(queue, count - written);
    }
  }
  return {
    takenPerSecond: taken / SECONDS,
    waiting: [...waiting.values()].reduce((sum, count) => sum + count, 0),
  };
}
