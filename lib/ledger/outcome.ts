import type { EntryChanges, LedgerEntry } from './entry.ts';
import { wasPutOff } from './put-off.ts';
import { restartRetryWindow } from './retry-window.ts';
import { toDead } from './status/dead.ts';
import { toDelivered } from './status/delivered.ts';
import { toRetrying } from './status/retrying.ts';
import { isKeyError } from './waits-for-key.ts';

/** How one try of a delivery ended. `error` is a code, `dueAt` is in ms since the epoch. */
export type Outcome =
  | { status: 'delivered' }
  | { status: 'retrying'; error: string; dueAt: number }
  | { status: 'dead'; error: string };

/**
 * What an outcome changes in the interaction that was tried.
 *
 * @param now ms since the epoch
 * @param retentionDays how long delivered interactions are kept; for ever if undefined
 */
export function attributesAfter(
  entry: LedgerEntry,
  outcome: Outcome,
  now: number,
  retentionDays: number | undefined,
): EntryChanges {
  return {
    ...attributesOfStatus(entry, outcome, now, retentionDays),
    attempts: entry.attempts + 1,
    leasedUntil: null,
  };
}

function attributesOfStatus(
  entry: LedgerEntry,
  outcome: Outcome,
  now: number,
  retentionDays: number | undefined,
): EntryChanges {
  switch (outcome.status) {
    case 'delivered':
      return toDelivered(entry, now, retentionDays);
    case 'retrying':
      return {
        ...toRetrying(entry, outcome.error, outcome.dueAt),
        // The time that a new key takes does not count, nor the time before the first try.
        ...((isKeyError(outcome.error) || wasPutOff(entry)) && restartRetryWindow(now)),
      };
    case 'dead':
      return toDead(outcome.error, now);
  }
}
