import * as v from 'valibot';
import type { Item } from '../runtime/dynamodb/items.ts';
import { OperatorError } from './operator-error.ts';

/** All keys of the table and its index are texts. */
const keysSchema: v.GenericSchema<unknown, Item> = v.record(
  v.string(),
  v.object({ S: v.string() }),
);

/** Where in a table or an index the next page starts; undefined at its beginning. */
export const positionSchema = v.optional(keysSchema);

/** Writes down how far a command is, for the `next` of its answer. */
export function toCursor(progress: object): string {
  return Buffer.from(JSON.stringify(progress)).toString('base64url');
}

/**
 * Reads the `next` of an earlier answer.
 *
 * @throws {OperatorError} if it is none
 */
export function parseCursor<T>(schema: v.GenericSchema<unknown, T>, text: string): T {
  try {
    return v.parse(schema, JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new OperatorError('from: must be the `next` of an earlier answer');
  }
}
