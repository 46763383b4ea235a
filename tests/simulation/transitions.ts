import type { LedgerEntry } from '../../lib/ledger/entry.ts';

/** The code of what `deliver` did not send, because its workspace kept failing. */
export const PUT_OFF = 'put off';

/** What a write did to an interaction. */
export type Transition = 'accepted' | 'settled' | 'putOff' | 'leased' | 'redriven' | 'released';

/**
 * Recognises a write by the interaction before and after it. How the write is expressed does not
 * matter.
 *
 * @returns undefined if no rule of the ledger allows the write
 */
export function transitionOf(
  before: LedgerEntry | undefined,
  after: LedgerEntry | undefined,
): Transition | undefined {
  if (after === undefined) return undefined;
  if (after.status === 'pending') return 'accepted';
  if (before === undefined) return undefined;
  if (after.attempts === before.attempts + 1) return 'settled';
  if (after.status !== 'retrying') return undefined;
  if (after.leasedUntil !== undefined) {
    return after.leasedUntil === before.leasedUntil ? undefined : 'leased';
  }
  if (after.attempts !== 0) return undefined;
  if (before.status === 'pending' && after.lastError === PUT_OFF) return 'putOff';
  return before.status === 'retrying' ? 'released' : 'redriven';
}
