import { equals } from '../../runtime/dynamodb/expressions.ts';
import type { InteractionKey, LedgerEntry, OutboxEvent } from '../entry.ts';

/** Accepted, but not tried yet. The table's stream brings it to `deliver`. */
export const isPending = equals('status', 'pending');

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
