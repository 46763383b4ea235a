import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { deleteIf } from '../runtime/dynamodb/conditional-write.ts';
import {
  type Expression,
  equals,
  expressions,
  isAbsent,
  isAtMost,
  or,
} from '../runtime/dynamodb/expressions.ts';
import { type Page, queryPages } from '../runtime/dynamodb/pages.ts';
import { type InteractionKey, type ReadableEntry, readableSchema, toKeyItem } from './entry.ts';

/** How many deletions of a contact run at the same time. */
const CONCURRENT_DELETIONS = 20;

/** Which interactions of a contact are meant; all of them if nothing is set. */
export interface ContactScope {
  /** Only those accepted until then, ms since the epoch. */
  acceptedUntil?: number;
  /** Asked before each page but the first. */
  hasTime?: () => boolean;
}

/** Reads the interactions of a contact page by page, newest day first, strongly consistent. */
export function contactPages(
  db: DynamoDBClient,
  table: string,
  contact: string,
  scope: ContactScope,
): AsyncGenerator<Page<ReadableEntry>> {
  const query = {
    TableName: table,
    ...expressions({
      KeyConditionExpression: equals('contact', contact),
      FilterExpression: isInScope(scope),
    }),
    ConsistentRead: true,
    ScanIndexForward: false,
  };
  return queryPages(db, query, readableSchema);
}

/** Deletes an item, whatever it is. */
export async function forget(
  db: DynamoDBClient,
  table: string,
  key: InteractionKey,
): Promise<void> {
  await db.send(new DeleteItemCommand({ TableName: table, Key: toKeyItem(key) }));
}

/**
 * Deletes the interactions of a contact, whatever their status. One that a new event replaces
 * meanwhile stays, if only those accepted until a time are meant.
 *
 * @returns the keys of what was found and deleted
 */
export async function forgetContact(
  db: DynamoDBClient,
  table: string,
  contact: string,
  scope: ContactScope = {},
): Promise<InteractionKey[]> {
  const forgotten: InteractionKey[] = [];
  for await (const { entries, next } of contactPages(db, table, contact, scope)) {
    await pMap(entries, forgetOne, { concurrency: CONCURRENT_DELETIONS });
    if (next !== undefined && scope.hasTime?.() === false) break;
  }
  return forgotten;

  async function forgetOne({ contact, day }: InteractionKey): Promise<void> {
    const condition = isInScope(scope);
    const isDeleted = await deleteIf(db, { table, key: toKeyItem({ contact, day }), condition });
    if (isDeleted) forgotten.push({ contact, day });
  }
}

/** What does not say when it was accepted is damaged, so it is old. */
function isInScope({ acceptedUntil }: ContactScope): Expression | undefined {
  if (acceptedUntil === undefined) return undefined;
  const until = new Date(acceptedUntil).toISOString();
  return or(isAbsent('acceptedAt'), isAtMost('acceptedAt', until));
}
