import { type LedgerEntry, workspaceIdOf } from '../../lib/ledger/entry.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { customerOf } from './customers.ts';
import type { Known } from './known.ts';
import type { Moods } from './moods.ts';
import type { Answered } from './nat.ts';
import type { Invocation } from './scheduler.ts';

/** A container remembers failures for so long. */
const REMEMBERED_MS = 15 * MINUTE_MS;
/** A container remembers for a minute what it read from an index. */
const STALE_REMEMBERED_MS = 2 * MINUTE_MS;
/** A call that takes longer counts as a failure. */
const SLOW_MS = 3 * SECOND_MS;
/** An invocation that has run for longer may lack the time for another attempt. */
const BUSY_MS = 20 * SECOND_MS;
/** What nobody may have to wait for, once DynamoDB is back. */
const LONGEST_PENDING_MS = HOUR_MS;
/** A message that cannot be read names no records: a sweep looks for them, an hour later. */
const SWEEP_MS = 1.5 * HOUR_MS;

/** What is due when a run of `redeliver` begins. */
type DueAtStart = Map<string, LedgerEntry>;

/**
 * Checks that nobody waits for another workspace, and that nothing waits for an operator.
 *
 * @param known all interactions
 * @param violate called with each promise that is broken
 */
export function createWaiting(
  known: Map<string, Known>,
  moods: Moods,
  violate: (what: string) => void,
) {
  const failedAt = new Map<string, number>();
  let tableFailedAt = Number.NEGATIVE_INFINITY;
  let indexWasStaleAt = Number.NEGATIVE_INFINITY;
  let servedSince = Number.NEGATIVE_INFINITY;
  let unreadableAt = Number.NEGATIVE_INFINITY;
  return {
    /** Called with each result of a call to Nat. */
    onAnswered({ call, result, since }: Answered): void {
      const isGood = result.verdict === 'accepted' || result.verdict === 'never';
      if (isGood && Date.now() - since <= SLOW_MS) return;
      failedAt.set(customerOf(call.event.email), Date.now());
    },

    /** Called when a workspace could not be found, or its key not be read. */
    onUnsent(workspace: string): void {
      failedAt.set(workspace, Date.now());
    },

    /** Called when a call to DynamoDB or to the queue fails, and when an invocation crashes. */
    onTrouble(): void {
      tableFailedAt = Date.now();
    },

    /** Called when the queue has a message that cannot be read. */
    onUnreadable(): void {
      unreadableAt = Date.now();
    },

    /** Called when the triggers begin to run as they should: from now on, nobody may wait. */
    beginService(): void {
      servedSince = Date.now();
    },

    /** Called when `deliver` puts off an interaction. */
    onPutOff({ startedAt }: Invocation, workspace: string): void {
      if (isHealthy(workspace) && Date.now() - startedAt < BUSY_MS) {
        violate('put off, although nothing failed in its workspace');
      }
    },

    /** What is due now. */
    dueNow(): DueAtStart {
      noteStaleness();
      const now = new Date().toISOString();
      const due = [...known.values()].filter(({ entry }) => {
        return entry.status === 'retrying' && (entry.dueAt ?? '') <= now;
      });
      return new Map(due.map(({ name, entry }) => [name, entry]));
    },

    /** Called at the end of a run of `redeliver`, with what was due when it began. */
    onRunEnded({ startedAt }: Invocation, due: DueAtStart): void {
      noteStaleness();
      if (indexWasStaleAt >= startedAt || Date.now() - startedAt > BUSY_MS) return;
      for (const [name, entry] of due) {
        const isUntouched = known.get(name)?.entry === entry;
        if (isUntouched && isHealthy(workspaceIdOf(entry))) {
          violate('not tried in a run, although it was due and nothing failed in its workspace');
        }
      }
    },

    /** true if no index was behind in the last minutes. */
    isIndexCurrent(): boolean {
      noteStaleness();
      return Date.now() - indexWasStaleAt > STALE_REMEMBERED_MS;
    },

    /** Checks that the stream, or what it gives up, has brought everything in time. */
    checkPending(): void {
      const sweepMs = Date.now() - unreadableAt < HOUR_MS + SWEEP_MS ? SWEEP_MS : 0;
      const calmSince = Math.max(tableFailedAt, servedSince);
      for (const { entry } of known.values()) {
        const since = Math.max(Date.parse(entry.acceptedAt), calmSince);
        const waitsMs = Date.now() - since;
        if (entry.status === 'pending' && waitsMs > LONGEST_PENDING_MS + sweepMs) {
          violate('pending for over an hour');
        }
      }
    },
  };

  function noteStaleness(): void {
    if (moods.staleness() > 0) indexWasStaleAt = Date.now();
  }

  function isHealthy(workspace: string): boolean {
    const lastFailure = Math.max(
      failedAt.get(workspace) ?? Number.NEGATIVE_INFINITY,
      tableFailedAt,
    );
    return Date.now() - lastFailure > REMEMBERED_MS;
  }
}
