import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type * as z from 'zod/mini';

/** An item, or the key of one, as DynamoDB sends it. */
export type Item = Record<string, AttributeValue>;

/**
 * Reads an item with the schema of its table.
 *
 * @throws {z.core.$ZodError} if the item does not fit the schema
 */
export function parseItem<T>(schema: z.ZodMiniType<T>, item: Item): T {
  return schema.parse(unmarshall(item));
}
