import * as z from 'zod/mini';
import type { Item } from '../runtime/dynamodb/items.ts';
import { OperatorError } from './operator-error.ts';

/** All keys of the table and its index are texts. */
const keysSchema: z.ZodMiniType<Item> = z.record(z.string(), z.object({ S: z.string() }));

/** Where in a table or an index the next page starts; undefined at its beginning. */
export const positionSchema = z.optional(keysSchema);

/** Writes down how far a command is, for the `next` of its answer. */
export function toCursor(progress: object): string {
  return Buffer.from(JSON.stringify(progress)).toString('base64url');
}

/**
 * Reads the `next` of an earlier answer.
 *
 * @throws {OperatorError} if it is none
 */
export function parseCursor<T>(schema: z.ZodMiniType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new OperatorError('from: must be the `next` of an earlier answer');
  }
}
