import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { OwnError } from '../own-error.ts';

/** An item, or the key of one, as DynamoDB sends it. */
export type Item = Record<string, AttributeValue>;

/** An item that does not fit the schema of its table. Its values are not in the message. */
export class UnreadableItemError extends OwnError {
  override readonly name = 'UnreadableItemError';
}

/**
 * Reads an item with the schema of its table.
 *
 * @throws {UnreadableItemError} if the item does not fit the schema
 */
export function parseItem<T>(schema: v.GenericSchema<unknown, T>, item: Item): T {
  const result = v.safeParse(schema, unmarshall(item));
  if (result.success) return result.output;
  const fields = result.issues.map((issue) => v.getDotPath(issue));
  throw new UnreadableItemError(`an item of the table cannot be read: ${fields.join(', ')}`);
}
