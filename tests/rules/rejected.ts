import { expect } from 'vitest';
import { Refusal } from '../../lib/event/rejection.ts';

/** Matches a Refusal by its status and by what its message says. */
export function refused(status: Refusal['status'], message: string | RegExp): unknown {
  const says = typeof message === 'string' ? expect.stringContaining(message) : message;
  return expect.objectContaining({
    name: 'Refusal',
    status,
    message: says instanceof RegExp ? expect.stringMatching(says) : says,
  });
}

/** What a call gives, or the Refusal it throws. Any other error is thrown on. */
export function outcomeOf<T>(call: () => T): T | Refusal {
  try {
    return call();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
