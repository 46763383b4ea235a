import { expect } from 'vitest';
import { Rejection } from '../../lib/event/rejection.ts';

/** Matches a Rejection by its status and by what its message says. */
export function rejected(status: Rejection['status'], message: string | RegExp): unknown {
  const says = typeof message === 'string' ? expect.stringContaining(message) : message;
  return expect.objectContaining({
    name: 'Rejection',
    status,
    message: says instanceof RegExp ? expect.stringMatching(says) : says,
  });
}

/** What a call gives, or the Rejection it throws. Any other error is thrown on. */
export function outcomeOf<T>(call: () => T): T | Rejection {
  try {
    return call();
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
}
