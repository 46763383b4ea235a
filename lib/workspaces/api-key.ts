import { createHash, randomBytes } from 'node:crypto';

const API_KEY_BYTES = 32;

/**
 * Hashes an API key, so that the table does not hold the key itself. It needs no salt: unlike a
 * password, an API key cannot be guessed.
 *
 * @param apiKey the key as the sender sends it
 * @returns its SHA-256 in hex
 */
export function hashOfApiKey(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('hex');
}

/** Makes a new API key: 32 random bytes in base64url, 43 characters. */
export function newApiKey(): string {
  return randomBytes(API_KEY_BYTES).toString('base64url');
}
