import { createHash, randomBytes } from 'node:crypto';

const API_KEY_BYTES = 32;
/** Enough to tell the keys of one workspace apart, and too few to guess the rest of a key. */
const ENDING_CHARACTERS = 4;

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

/** The last characters of an API key, by which operators name it. */
export function endingOf(apiKey: string): string {
  return apiKey.slice(-ENDING_CHARACTERS);
}
