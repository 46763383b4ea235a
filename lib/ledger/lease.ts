import { and, equals, isAbsent, isAtMost, or } from '../runtime/dynamodb/expressions.ts';
import type { DueEntry, EntryChanges } from './entry.ts';
import { isRetrying } from './status/retrying.ts';

/** Nobody took the due interaction since it was read from the index. */
export function isStillDue({ dueAt }: DueEntry) {
  return and(isRetrying, equals('dueAt', dueAt));
}

/** Nobody is trying the interaction at the moment. */
export function isNotLeased(now: number) {
  return or(isAbsent('leasedUntil'), isAtMost('leasedUntil', new Date(now).toISOString()));
}

/**
 * A lease makes the interaction due again when it ends. So a run that dies gives it back by itself.
 *
 * @param until ms since the epoch
 */
export function leaseUntil(until: number): EntryChanges {
  const end = new Date(until).toISOString();
  return { dueAt: end, leasedUntil: end };
}
