import { equals } from '../../runtime/dynamodb/expressions.ts';
import type { EntryChanges } from '../entry.ts';
import { DEAD_QUEUE } from '../queues.ts';

/** Given up. It keeps what would be sent, and waits for an operator or a new event of its day. */
export const isDead = equals('status', 'dead');

/**
 * @param error the code of what failed
 * @param now ms since the epoch
 */
export function toDead(error: string, now: number): EntryChanges {
  const at = new Date(now).toISOString();
  return { status: 'dead', lastError: error, settledAt: at, queue: DEAD_QUEUE, dueAt: at };
}
