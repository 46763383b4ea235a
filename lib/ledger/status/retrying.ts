import { equals } from '../../runtime/dynamodb/expressions.ts';
import type { EntryChanges, InteractionKey } from '../entry.ts';
import { retryQueueOf } from '../queues.ts';
import { restartRetryWindow } from '../retry-window.ts';

/** A try failed, or an operator ordered another one. `redeliver` takes it when it is due. */
export const isRetrying = equals('status', 'retrying');

/**
 * After a failed try, or instead of the first one.
 *
 * @param error the code of what failed
 * @param dueAt when the next try is due, ms since the epoch
 */
export function toRetrying(key: InteractionKey, error: string, dueAt: number): EntryChanges {
  return {
    status: 'retrying',
    lastError: error,
    queue: retryQueueOf(key),
    dueAt: new Date(dueAt).toISOString(),
  };
}

/**
 * After an operator's redrive, or a new key: all tries again, in a retry window that starts when the
 * first of them is due.
 *
 * @param dueAt when the next try is due, ms since the epoch
 * @param now ms since the epoch
 */
export function toRetryingAnew(key: InteractionKey, dueAt: number, now: number): EntryChanges {
  return {
    status: 'retrying',
    attempts: 0,
    queue: retryQueueOf(key),
    dueAt: new Date(dueAt).toISOString(),
    ...restartRetryWindow(Math.max(dueAt, now)),
    settledAt: null,
    leasedUntil: null,
  };
}
