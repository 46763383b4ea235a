import type { LedgerEntry } from './entry.ts';

/** The code of what was not sent, because its workspace kept failing. That was no try of it. */
export const PUT_OFF = 'put off';

/** true if the interaction was put off, and not tried since. */
export function wasPutOff({ lastError }: LedgerEntry): boolean {
  return lastError === PUT_OFF;
}
