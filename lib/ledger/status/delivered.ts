import { DAY_MS, SECOND_MS } from '../../runtime/durations.ts';
import type { EntryChanges, LedgerEntry } from '../entry.ts';

/** An event may be a day ahead, in any time zone: its day ends at most this much later. */
const EXPIRY_MARGIN_DAYS = 2;

/**
 * Nat has it: its address and description are removed from the ledger. Only delivered interactions
 * expire. All others are kept until Nat takes them or an operator decides.
 *
 * @param now ms since the epoch
 * @param retentionDays how long it is kept; for ever if undefined
 */
export function toDelivered(
  entry: LedgerEntry,
  now: number,
  retentionDays: number | undefined,
): EntryChanges {
  return {
    status: 'delivered',
    settledAt: new Date(now).toISOString(),
    event: null,
    queue: null,
    dueAt: null,
    lastError: null,
    ...(retentionDays !== undefined && { expiresAt: expiryOf(entry, now, retentionDays) }),
  };
}

/**
 * An expired interaction must not make room for a second one. So it expires when every event of its
 * day is too old to be accepted.
 *
 * @returns epoch seconds
 */
function expiryOf({ event, acceptedAt }: LedgerEntry, now: number, retentionDays: number): number {
  const latest = Math.max(Date.parse(event?.timestamp ?? acceptedAt), now);
  return Math.ceil((latest + (retentionDays + EXPIRY_MARGIN_DAYS) * DAY_MS) / SECOND_MS);
}
