import type { LedgerEntry } from '../../lib/ledger/entry.ts';

/** The code of what `deliver` did not send, because its workspace kept failing. */
export const PUT_OFF = 'put off';

/** What a write did to a known interaction. */
export type Transition = 'settled' | 'putOff' | 'leased' | 'redriven' | 'released' | 'hastened';

/**
 * Recognises a write by the interaction before and after it. How the write is expressed does not
 * matter.
 *
 * @returns undefined if no rule of the ledger allows the write
 */
export function transitionOf(before: LedgerEntry, after: LedgerEntry): Transition | undefined {
  if (after.attempts === before.attempts + 1) return 'settled';
  if (after.status !== 'retrying') return undefined;
  if (after.leasedUntil !== undefined && after.leasedUntil !== before.leasedUntil) return 'leased';
  if (isHastened(before, after)) return 'hastened';
  if (after.attempts !== 0 || after.leasedUntil !== undefined) return undefined;
  if (before.status === 'pending' && after.lastError === PUT_OFF) return 'putOff';
  return before.status === 'retrying' ? 'released' : 'redriven';
}

/** Nothing but its due time changed, and that is earlier. */
function isHastened({ dueAt: old = '', ...before }: LedgerEntry, after: LedgerEntry): boolean {
  const { dueAt = '', ...others } = after;
  const isSame = JSON.stringify(sorted(before)) === JSON.stringify(sorted(others));
  return before.status === 'retrying' && isSame && dueAt < old;
}

function sorted(entry: object) {
  return Object.entries(entry).sort(([a], [b]) => a.localeCompare(b));
}
