import { Rejection } from './rejection.ts';

/** A timeline shows one line; this is more than enough for it. */
const MAX_DESCRIPTION_CHARACTERS = 2048;

/**
 * Reads the text that the timeline shows.
 *
 * @param text what the sender put there; an empty or blank text counts as absent
 * @param field the name of the field, for the message
 * @returns its first 2,048 characters, or undefined if it is absent
 * @throws {Rejection} 400 if it is not valid Unicode
 */
export function parseDescription(text: string | undefined, field: string): string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  if (!text.isWellFormed()) throw new Rejection('text_malformed', field);
  const cutOff = text.slice(0, MAX_DESCRIPTION_CHARACTERS);
  // The cut may fall inside a surrogate pair.
  return cutOff.isWellFormed() ? cutOff : cutOff.slice(0, -1);
}
