import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { SECOND_MS } from '../runtime/durations.ts';
import { conditionHeld } from '../runtime/dynamodb/conditional-write.ts';
import { type Expression, expressions, isAbsent } from '../runtime/dynamodb/expressions.ts';
import type { Item } from '../runtime/dynamodb/items.ts';
import { type Page, scanPages } from '../runtime/dynamodb/pages.ts';
import { parseIfValid } from '../runtime/parse-if-valid.ts';
import { entrySchema, type LedgerEntry, type ReadableEntry, readableSchema } from './entry.ts';
import { toRetryingAnew } from './status/retrying.ts';
import { isNoUser, isOfUser } from './user-key.ts';

/** Follows the name of the table of interactions: the table that an operator restored beside it. */
export const RESTORED_SUFFIX = '-restored';

/**
 * The table that an operator restored to a point in time, beside the one that is in use. AWS restores
 * only into a new table, so what is missing is copied back. Every method throws if DynamoDB fails.
 *
 * @param db the client
 * @param table the name of the table that is in use
 */
export function createRestored(db: DynamoDBClient, table: string) {
  return {
    /**
     * Reads the restored table page by page.
     *
     * @param from where an earlier page said that the next one starts
     * @throws {ResourceNotFoundException} if there is no restored table
     */
    find(from?: Item): AsyncGenerator<Page<ReadableEntry>> {
      return scanPages(db, restoredPages(isNoUser, from), readableSchema);
    },

    /** Reads what the restored table remembers of users, as `find` does. */
    findUsers(from?: Item): AsyncGenerator<Page<UserItem>> {
      return scanPages(db, restoredPages(isOfUser, from), userItemSchema);
    },

    /**
     * Writes an item into the table that is in use, unless there is one already.
     *
     * @returns false if there is one
     */
    async putBack(entry: LedgerEntry | UserItem): Promise<boolean> {
      const put = new PutItemCommand({
        TableName: table,
        Item: marshall(entry, { removeUndefinedValues: true }),
        ...expressions({ ConditionExpression: isAbsent('contact') }),
      });
      return conditionHeld(db.send(put));
    },
  };

  function restoredPages(filter: Expression, from?: Item) {
    return {
      TableName: `${table}${RESTORED_SUFFIX}`,
      ...expressions({ FilterExpression: filter }),
      ExclusiveStartKey: from,
    };
  }
}

/** An address of a user, or the order to delete one. It is written back as it is. */
const userItemSchema = v.looseObject({
  contact: v.string(),
  day: v.string(),
  expiresAt: v.optional(v.number()),
});

export type UserItem = v.InferOutput<typeof userItemSchema>;

/** true if an interaction of a restored table still had to reach Nat at that point in time. */
export function isUndelivered({ status }: ReadableEntry): boolean {
  return status === 'pending' || status === 'retrying';
}

/**
 * true if it should be deleted by now.
 *
 * @param now ms since the epoch
 */
export function isExpired({ expiresAt }: Pick<ReadableEntry, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt * SECOND_MS <= now;
}

/**
 * An interaction of a restored table as it is written back. What was not delivered gets all its tries
 * again: its retry window may be over, and the stream would bring all of them at once.
 *
 * @param dueAt when the first try of what was not delivered is due, ms since the epoch
 * @param now ms since the epoch
 * @returns undefined if it cannot be read
 */
export function asRestored(
  entry: ReadableEntry,
  dueAt: number,
  now: number,
): LedgerEntry | undefined {
  const changes = isUndelivered(entry) ? toRetryingAnew(entry, dueAt, now) : {};
  const changed = Object.entries({ ...entry, ...changes }).filter(([, value]) => value !== null);
  return parseIfValid(entrySchema, Object.fromEntries(changed));
}
