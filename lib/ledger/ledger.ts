import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { conditionHeld, updateIf } from '../runtime/dynamodb/conditional-write.ts';
import { and, change, equals, expressions, or } from '../runtime/dynamodb/expressions.ts';
import { insertAll } from '../runtime/dynamodb/insert-all.ts';
import { parseItem } from '../runtime/dynamodb/items.ts';
import { createDeletions } from './deletions.ts';
import { queuePages } from './due-index.ts';
import {
  type DueEntry,
  entrySchema,
  type InteractionKey,
  type LedgerEntry,
  type OutboxEvent,
  toKeyItem,
} from './entry.ts';
import { findTaken } from './find-taken.ts';
import { isStillDue, leaseUntil } from './lease.ts';
import { isUnclaimed } from './one-per-day.ts';
import { attributesAfter, type Outcome } from './outcome.ts';
import { PUT_OFF } from './put-off.ts';
import { toDead } from './status/dead.ts';
import { isPending, pendingEntry } from './status/pending.ts';
import { isRetrying, toRetrying } from './status/retrying.ts';
import { createUsers } from './users.ts';

export type Ledger = ReturnType<typeof createLedger>;

/** An interaction that may be written. */
export interface NewInteraction {
  key: InteractionKey;
  event: OutboxEvent;
  /** When it was accepted, ms since the epoch. */
  at: number;
}

/**
 * The table of interactions. Every method throws if DynamoDB fails. Otherwise
 * only `read` and `lease` throw, for an item that cannot be read.
 *
 * @param db the client
 * @param table the table's name
 * @param retentionDays how long delivered interactions are kept; for ever if undefined
 */
export function createLedger(db: DynamoDBClient, table: string, retentionDays?: number) {
  const users = createUsers(db, table, retentionDays);

  return {
    /** Deletes what was accepted of a user, see deletions.ts. */
    deletions: createDeletions(db, table, users),

    /** Remembers that a user has a contact, see users.ts. Called before `accept`. */
    remember: users.remember,

    /** Finds the keys whose day is taken already, see find-taken.ts. `accept` finds what it misses. */
    findTaken: (keys: InteractionKey[]) => findTaken(db, table, keys),

    /**
     * Writes a new pending interaction, if the contact's day is free.
     *
     * @param now ms since the epoch
     * @returns false if the day is taken; the interaction there stays as it is
     */
    accept(key: InteractionKey, event: OutboxEvent, now: number): Promise<boolean> {
      const put = new PutItemCommand({
        TableName: table,
        Item: marshall(pendingEntry(key, event, now)),
        ...expressions({ ConditionExpression: isUnclaimed }),
      });
      return conditionHeld(db.send(put));
    },

    /**
     * Writes new pending interactions with one call, each if its contact has no interaction that
     * day. Where there is one, `accept` must decide: it may be dead.
     *
     * @param interactions up to `MAX_INSERTS`
     * @returns for each whether it was written
     */
    insertNew(interactions: NewInteraction[]): Promise<boolean[]> {
      const items = interactions.map(({ key, event, at }) =>
        marshall(pendingEntry(key, event, at)),
      );
      return insertAll(db, table, items);
    },

    /**
     * Reads an interaction, strongly consistent; undefined if there is none.
     *
     * @throws {UnreadableItemError} if it is no interaction as this code knows them
     */
    async read(key: InteractionKey): Promise<LedgerEntry | undefined> {
      const { Item } = await db.send(
        new GetItemCommand({ TableName: table, Key: toKeyItem(key), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : parseItem(entrySchema, Item);
    },

    /**
     * Records how a try ended, if the interaction is still as `entry` read it.
     *
     * @param entry what the deliverer read before it sent
     * @param now ms since the epoch
     * @returns false if another deliverer settled it in the meantime
     */
    async settle(entry: LedgerEntry, outcome: Outcome, now: number): Promise<boolean> {
      const settled = await updateIf(db, {
        table,
        key: toKeyItem(entry),
        condition: asItWasRead(entry),
        update: change(attributesAfter(entry, outcome, now, retentionDays)),
      });
      return settled !== undefined;
    },

    /**
     * Puts a pending interaction off unsent: it is due later, and that was no try.
     *
     * @param dueAt ms since the epoch
     * @returns false if it is not pending any more
     */
    async putOff(key: InteractionKey, dueAt: number): Promise<boolean> {
      const putOff = await updateIf(db, {
        table,
        key: toKeyItem(key),
        condition: isPending,
        update: change(toRetrying(key, PUT_OFF, dueAt)),
      });
      return putOff !== undefined;
    },

    /**
     * Ends an interaction that cannot be read. Nothing but its status and its error changes.
     *
     * @param error the code of what is wrong with it
     * @param now ms since the epoch
     * @returns false if it does not wait for a delivery
     */
    async bury(key: InteractionKey, error: string, now: number): Promise<boolean> {
      const buried = await updateIf(db, {
        table,
        key: toKeyItem(key),
        condition: or(isPending, isRetrying),
        update: change({ ...toDead(error, now), leasedUntil: null }),
      });
      return buried !== undefined;
    },

    /**
     * Reads what is due in one queue, earliest first, page by page. The index may be stale: only
     * `lease` can tell whether an interaction is still due.
     *
     * @param queue one of `RETRY_QUEUES`
     * @param now ms since the epoch
     */
    async *findDue(queue: string, now: number, pageSize: number): AsyncGenerator<DueEntry[]> {
      const pages = queuePages(db, table, queue, { dueUntil: now, pageSize });
      for await (const { entries } of pages) yield entries;
    },

    /**
     * Takes a due interaction until the lease ends, so that overlapping runs cannot both send it.
     *
     * @param until end of the lease, ms since the epoch
     * @returns the interaction as it is now; undefined if another run took it
     * @throws {UnreadableItemError} if it is no interaction as this code knows them; it is leased then
     */
    async lease(due: DueEntry, until: number): Promise<LedgerEntry | undefined> {
      const leased = await updateIf(db, {
        table,
        key: toKeyItem(due),
        condition: isStillDue(due),
        update: change(leaseUntil(until)),
      });
      return leased && parseItem(entrySchema, leased);
    },
  };
}

/** Nobody settled or leased the interaction since it was read. */
function asItWasRead({ status, attempts, acceptedAt, dueAt }: LedgerEntry) {
  return and(
    equals('status', status),
    equals('attempts', attempts),
    equals('acceptedAt', acceptedAt),
    equals('dueAt', dueAt),
  );
}
