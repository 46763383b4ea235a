import { and, isOneOf } from '../runtime/dynamodb/expressions.ts';
import { isRetrying } from './status/retrying.ts';

/** The errors that only a new key for Nat mends: Nat rejects the key, or we cannot read it. */
const KEY_ERRORS = ['status 401', 'status 403', 'key unreadable'] as const;

export type KeyError = (typeof KEY_ERRORS)[number];

/** true for errors that only a new key mends. */
export function isKeyError(error: string): boolean {
  return KEY_ERRORS.some((keyError) => keyError === error);
}

/** The interaction is retrying, and only a new key for Nat helps. */
export const waitsForKey = and(isRetrying, isOneOf('lastError', KEY_ERRORS));
