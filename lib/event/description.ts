import { Rejection } from './rejection.ts';

/** What a timeline can show in a line, and more. */
const MAX_DESCRIPTION_CHARACTERS = 2048;

/**
 * Reads what the timeline is to show.
 *
 * @param value what the sender put there; empty or blank counts as absent
 * @param field the field's name, for the message
 * @returns its first 2,048 characters, or undefined if it is absent
 * @throws {Rejection} 400 if it is no Unicode
 */
export function parseDescription(
  value: string | null | undefined,
  field: string,
): string | undefined {
  if (value == null || value.trim() === '') return undefined;
  if (!value.isWellFormed()) throw new Rejection('unicode', field, 'a lone surrogate');
  const cutOff = value.slice(0, MAX_DESCRIPTION_CHARACTERS);
  // A cut between the halves of a surrogate pair would leave text that is not Unicode.
  return cutOff.isWellFormed() ? cutOff : cutOff.slice(0, -1);
}
