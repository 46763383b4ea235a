import {
  type DynamoDBClient,
  GetItemCommand,
  paginateScan,
  Select,
} from '@aws-sdk/client-dynamodb';
import { updateIf } from '../runtime/dynamodb/conditional-write.ts';
import {
  and,
  attributes,
  change,
  differs,
  type Expression,
  equals,
  exists,
  expressions,
  isAtLeast,
  isAtMost,
  or,
} from '../runtime/dynamodb/expressions.ts';
import { type Item, parseItem } from '../runtime/dynamodb/items.ts';
import {
  type Counted,
  countPages,
  type Page,
  readAll,
  scanPages,
} from '../runtime/dynamodb/pages.ts';
import { belongsTo, countQueue, type QueueScope, queuePages } from './due-index.ts';
import {
  type DueEntry,
  type InteractionKey,
  keySchema,
  type ReadableEntry,
  readableSchema,
  toKeyItem,
} from './entry.ts';
import { contactPages, forget, forgetContact } from './forget.ts';
import { isNotLeased, isStillDue } from './lease.ts';
import { createRestored } from './restored.ts';
import { isDead } from './status/dead.ts';
import { isPending } from './status/pending.ts';
import { toRetryingAnew } from './status/retrying.ts';
import { isNoUser } from './user-key.ts';
import { waitsForKey } from './waits-for-key.ts';

const PAGE_SIZE = 200;
/** How many repairs run at the same time. */
export const CONCURRENT_REPAIRS = 20;

/** Which pending interactions are stuck. */
interface StuckScope {
  /** The id of a workspace; all of them if undefined. */
  workspace?: string | undefined;
  /** Only those accepted until then, ms since the epoch. */
  acceptedUntil: number;
}

/** Which interactions of the table are read; all of them if nothing is set. */
interface TableScope {
  /** The id of a workspace. */
  workspace?: string | undefined;
  /** true to read also what is remembered of users. */
  withUsers?: boolean;
  status?: ReadableEntry['status'];
  /** Only those accepted since then, ms since the epoch. */
  acceptedSince?: number | undefined;
}

export type Repairs = ReturnType<typeof createRepairs>;

/**
 * What repairs the table of interactions: what the operator's commands do, and what `recover` does.
 * Every method throws if DynamoDB fails.
 *
 * @param db the client
 * @param table the table's name
 */
export function createRepairs(db: DynamoDBClient, table: string) {
  return {
    /** The table that was restored beside this one. */
    restored: createRestored(db, table),

    /** All interactions of a contact, newest day first. */
    interactionsOf(contact: string): Promise<ReadableEntry[]> {
      return readAll(contactPages(db, table, contact, {}));
    },

    /** Reads a queue page by page, see `queuePages`. */
    findQueued(queue: string, scope: QueueScope, from?: Item): AsyncGenerator<Page<DueEntry>> {
      return queuePages(db, table, queue, { ...scope, pageSize: PAGE_SIZE, from });
    },

    /** Counts a queue, see `countQueue`. */
    countQueued(queue: string, hasTime: () => boolean) {
      return countQueue(db, table, queue, hasTime);
    },

    /**
     * Reads page by page what the stream should have brought long ago. This scans the whole table:
     * an index would make every accepted interaction dearer.
     *
     * @param from where an earlier page said that the next one starts
     */
    findStuck(scope: StuckScope, from?: Item): AsyncGenerator<Page<InteractionKey>> {
      const scan = {
        TableName: table,
        ...expressions({
          FilterExpression: isStuck(scope),
          ProjectionExpression: attributes('contact', 'day'),
        }),
        ExclusiveStartKey: from,
      };
      return scanPages(db, scan, keySchema);
    },

    /**
     * Reads the table page by page. This scans all of it: an index would make every accepted
     * interaction more expensive.
     *
     * @param from where an earlier page said that the next one starts
     */
    findInTable(scope: TableScope, from?: Item): AsyncGenerator<Page<ReadableEntry>> {
      const scan = {
        TableName: table,
        ...expressions({ FilterExpression: isInScope(scope) }),
        ExclusiveStartKey: from,
      };
      return scanPages(db, scan, readableSchema);
    },

    /** Reads an interaction, strongly consistent; undefined if there is none. */
    async read(key: InteractionKey): Promise<ReadableEntry | undefined> {
      const get = { TableName: table, Key: toKeyItem(key), ConsistentRead: true };
      const { Item } = await db.send(new GetItemCommand(get));
      return Item && parseItem(readableSchema, Item);
    },

    /**
     * Counts what the stream should have brought long ago, with a scan of the whole table.
     *
     * @param hasTime asked before each page but the first
     */
    countStuck(scope: StuckScope, hasTime: () => boolean): Promise<Counted> {
      const filter = expressions({ FilterExpression: isStuck(scope) });
      const scan = { TableName: table, ...filter, Select: Select.COUNT };
      return countPages(paginateScan({ client: db }, scan), hasTime);
    },

    /**
     * Makes a pending interaction due, because the stream does not bring it.
     *
     * @param dueAt when it is due, ms since the epoch
     * @param now ms since the epoch
     * @returns false if it is no longer pending
     */
    recover(key: InteractionKey, dueAt: number, now: number): Promise<boolean> {
      return retryAnew(key, isPending, dueAt, now);
    },

    /**
     * Gives a dead or pending interaction all its tries again.
     *
     * @param dueAt when the first of them is due, ms since the epoch
     * @param now ms since the epoch
     * @returns false if it is no longer dead or pending
     */
    redrive(key: InteractionKey, dueAt: number, now: number): Promise<boolean> {
      return retryAnew(key, isRedrivable, dueAt, now);
    },

    /**
     * Gives an interaction that waits for a new key all its tries again.
     *
     * @param dueAt when the first of them is due, ms since the epoch
     * @param now ms since the epoch
     * @returns false if it does not wait for a key, is being tried, or was released already
     */
    releaseAfterNewKey(key: InteractionKey, dueAt: number, now: number): Promise<boolean> {
      return retryAnew(key, and(waitsForKey, wasTried, isNotLeased(now)), dueAt, now);
    },

    /**
     * Makes the next try of an interaction due earlier. Nothing else changes.
     *
     * @param due the interaction as the index lists it
     * @param dueAt when the next try is due, ms since the epoch
     * @param now ms since the epoch
     * @returns false if it is due earlier already, is being tried, or does not wait any more
     */
    async hasten(due: DueEntry, dueAt: number, now: number): Promise<boolean> {
      const earlier = new Date(dueAt).toISOString();
      if (due.dueAt <= earlier) return false;
      const condition = and(isStillDue(due), isNotLeased(now));
      const update = change({ dueAt: earlier });
      const key = toKeyItem(due);
      return (await updateIf(db, { table, key, condition, update })) !== undefined;
    },

    /** Deletes an item, whatever it is. */
    forget(key: InteractionKey): Promise<void> {
      return forget(db, table, key);
    },

    /**
     * Deletes all interactions of a contact.
     *
     * @returns their keys
     */
    forgetContact(contact: string): Promise<InteractionKey[]> {
      return forgetContact(db, table, contact);
    },
  };

  async function retryAnew(key: InteractionKey, condition: Expression, dueAt: number, now: number) {
    const update = change(toRetryingAnew(key, dueAt, now));
    const updated = await updateIf(db, { table, key: toKeyItem(key), condition, update });
    return updated !== undefined;
  }
}

const isRedrivable = and(or(isDead, isPending), exists('event'));

/** An interaction that was released or redriven has no attempt yet. */
const wasTried = differs('attempts', 0);

function isStuck({ workspace, acceptedUntil }: StuckScope): Expression {
  const accepted = isAtMost('acceptedAt', new Date(acceptedUntil).toISOString());
  const scope = workspace === undefined ? [] : [belongsTo(workspace)];
  return and(isPending, accepted, ...scope);
}

function isInScope({
  workspace,
  withUsers = false,
  status,
  acceptedSince,
}: TableScope): Expression | undefined {
  const parts = [
    withUsers ? [] : isNoUser,
    workspace === undefined ? [] : belongsTo(workspace),
    status === undefined ? [] : equals('status', status),
    acceptedSince === undefined
      ? []
      : isAtLeast('acceptedAt', new Date(acceptedSince).toISOString()),
  ].flat();
  return parts.length === 0 ? undefined : and(...parts);
}
