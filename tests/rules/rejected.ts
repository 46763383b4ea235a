import { expect } from 'vitest';
import { Rejection, type RejectionCode } from '../../lib/event/rejection.ts';

/**
 * Matches a Rejection by its code, and by what its message begins with: the field, where it names
 * one.
 */
export function rejected(code: RejectionCode, subject = ''): unknown {
  const message = expect.stringMatching(new RegExp(`^${RegExp.escape(subject)}`));
  return expect.objectContaining({ name: 'Rejection', code, message });
}

/** @returns what a call returns, or the Rejection it throws. Any other error is thrown on. */
export function outcomeOf<T>(call: () => T): T | Rejection {
  try {
    return call();
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
}
