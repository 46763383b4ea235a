import { createHash, randomBytes } from 'node:crypto';

const API_KEY_BYTES = 32;

/**
 * How the workspaces table names an API key without knowing it.
 *
 * @param apiKey the key as the sender gives it
 * @returns hex of its SHA-256. No salt: an API key is not guessable as a password is
 */
export function hashOfApiKey(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('hex');
}

/** A new API key: 32 random bytes in base64url, 43 characters. */
export function newApiKey(): string {
  return randomBytes(API_KEY_BYTES).toString('base64url');
}
