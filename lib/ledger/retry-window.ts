import type { EntryChanges, LedgerEntry } from './entry.ts';
import { wasPutOff } from './put-off.ts';

/**
 * When the retry window of an interaction started: when it was accepted, or restarted later.
 * `RETRY_SCHEDULE` in lib/delivery/retry-schedule.ts says how long the window is.
 *
 * @param now ms since the epoch
 * @returns ms since the epoch; `now` for the first try of what was put off
 */
export function retryWindowStart(entry: LedgerEntry, now: number): number {
  const { acceptedAt, retryWindowStartsAt } = entry;
  return wasPutOff(entry) ? now : Date.parse(retryWindowStartsAt ?? acceptedAt);
}

/**
 * The window starts again with a redrive, a rejected key, a new key, and with the first try of what
 * was put off.
 *
 * @param at ms since the epoch
 */
export function restartRetryWindow(at: number): EntryChanges {
  return { retryWindowStartsAt: new Date(at).toISOString() };
}
