import type { EntryChanges, LedgerEntry } from './entry.ts';

/**
 * When the retry window of an interaction started: when it was accepted, or restarted later.
 * `RETRY_SCHEDULE` in lib/delivery/retry-schedule.ts says how long the window is.
 *
 * @returns ms since the epoch
 */
export function retryWindowStart({ acceptedAt, retryWindowStartsAt }: LedgerEntry): number {
  return Date.parse(retryWindowStartsAt ?? acceptedAt);
}

/**
 * The window starts again with a redrive, a rejected key, and a new key.
 *
 * @param at ms since the epoch
 */
export function restartRetryWindow(at: number): EntryChanges {
  return { retryWindowStartsAt: new Date(at).toISOString() };
}
