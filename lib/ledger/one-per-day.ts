import { type Expression, isAbsent, or } from '../runtime/dynamodb/expressions.ts';
import type { LedgerEntry } from './entry.ts';
import { isDead } from './status/dead.ts';

/**
 * The one-per-day rule: a contact's day is free if it has no interaction, or one that is dead.
 * `accept` writes under this condition, so only one of many concurrent writes succeeds.
 */
export const isUnclaimed: Expression = or(isAbsent('contact'), isDead);

/** The same rule for an interaction that was read. */
export function claimsDay({ status }: Pick<LedgerEntry, 'status'>): boolean {
  return status !== 'dead';
}
