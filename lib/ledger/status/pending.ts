import { HOUR_MS } from '../../runtime/durations.ts';
import { equals } from '../../runtime/dynamodb/expressions.ts';
import type { InteractionKey, LedgerEntry, OutboxEvent } from '../entry.ts';

/** Accepted, but not tried yet. The table's stream brings it to `deliver`. */
export const isPending = equals('status', 'pending');

/** What is pending for a shorter time may still be on its way through the stream. */
export const STUCK_AFTER_MS = HOUR_MS;

/** @param now ms since the epoch */
export function pendingEntry(key: InteractionKey, event: OutboxEvent, now: number): LedgerEntry {
  return {
    ...key,
    status: 'pending',
    event,
    attempts: 0,
    acceptedAt: new Date(now).toISOString(),
  };
}
