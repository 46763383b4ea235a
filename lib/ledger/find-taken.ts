import { BatchGetItemCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { attributes, expressions } from '../runtime/dynamodb/expressions.ts';
import { type Item, parseItem } from '../runtime/dynamodb/items.ts';
import { entrySchema, type InteractionKey, interactionId, toKeyItem } from './entry.ts';
import { claimsDay } from './one-per-day.ts';

/** DynamoDB's limit for one BatchGetItem. */
const MAX_KEYS_PER_READ = 100;

const takenSchema = v.pick(entrySchema, ['contact', 'day', 'status']);

const PROJECTION = expressions({
  ProjectionExpression: attributes(...Object.keys(takenSchema.entries)),
});

/**
 * Finds the keys whose day is taken already. It costs one eventually consistent read a key, so it
 * may miss an interaction that is very new.
 *
 * @param db the client
 * @param table the table's name
 * @param keys those that may be free
 * @returns the `interactionId` of each key that is taken
 * @throws if DynamoDB fails
 */
export async function findTaken(
  db: DynamoDBClient,
  table: string,
  keys: InteractionKey[],
): Promise<Set<string>> {
  const reads: Promise<Item[]>[] = [];
  for (let from = 0; from < keys.length; from += MAX_KEYS_PER_READ) {
    const some = keys.slice(from, from + MAX_KEYS_PER_READ).map(toKeyItem);
    reads.push(readItems(db, table, some));
  }
  const found = (await Promise.all(reads)).flat().map((item) => parseItem(takenSchema, item));
  return new Set(found.filter(claimsDay).map(interactionId));
}

async function readItems(db: DynamoDBClient, table: string, Keys: Item[]): Promise<Item[]> {
  const [Key, ...others] = Keys;
  if (Key !== undefined && others.length === 0) {
    // Most requests have one event, and this takes less CPU than a batch of one key.
    const { Item } = await db.send(new GetItemCommand({ TableName: table, Key, ...PROJECTION }));
    return Item === undefined ? [] : [Item];
  }
  const RequestItems = { [table]: { Keys, ...PROJECTION } };
  const { Responses } = await db.send(new BatchGetItemCommand({ RequestItems }));
  return Responses?.[table] ?? [];
}
