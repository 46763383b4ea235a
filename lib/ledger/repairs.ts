import {
  DeleteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  Select,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { KEY_ERRORS } from '../delivery/nat.ts';
import { conditionHeld, type Item } from '../runtime/dynamodb.ts';
import {
  type DueEntry,
  dueSchema,
  entrySchema,
  type InteractionKey,
  type LedgerEntry,
} from './entry.ts';
import { keyItem } from './ledger.ts';
import { retryQueueOf } from './queues.ts';

const PAGE = 200;

/** Some of what was asked for, and where the rest begins; `next` is undefined at the end. */
export interface Page<T> {
  entries: T[];
  /** How many items were looked at. */
  scanned: number;
  next: Item | undefined;
}

/** How much a partition of the index `due` holds. */
interface QueueCount {
  count: number;
  firstDueAt: string | undefined;
  /** False if it is the least there is: the time was up. */
  complete: boolean;
}

/** What an operator repairs, and when it has to have gone wrong. */
export interface RepairScope {
  /** The workspace's id; all of them if undefined. */
  workspace: string | undefined;
  /** ms since the epoch: only what died, or was accepted, by then. */
  before: number;
}

export type Repairs = ReturnType<typeof createRepairs>;

/**
 * What only operators do with the table of interactions. Every method throws on a fault of AWS.
 *
 * @param db the client
 * @param table the table's name
 */
export function createRepairs(db: DynamoDBClient, table: string) {
  return {
    /** Every interaction of a contact, newest day first. */
    async interactionsOf(contact: string): Promise<LedgerEntry[]> {
      const entries: LedgerEntry[] = [];
      let from: Item | undefined;
      do {
        const page = await db.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'contact = :contact',
            ExpressionAttributeValues: { ':contact': { S: contact } },
            ConsistentRead: true,
            ScanIndexForward: false,
            ExclusiveStartKey: from,
          }),
        );
        entries.push(...(page.Items ?? []).map((item) => entrySchema.parse(unmarshall(item))));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return entries;
    },

    /** One page of a partition of the index `due`: `dead`, or `retry#<shard>`. */
    async findQueued(queue: string, scope: RepairScope, from?: Item): Promise<Page<DueEntry>> {
      const page = await db.send(new QueryCommand({ ...ofQueue(queue, scope, from), Limit: PAGE }));
      const entries = (page.Items ?? []).map((item) => dueSchema.parse(unmarshall(item)));
      return { entries, scanned: page.ScannedCount ?? 0, next: page.LastEvaluatedKey };
    },

    /**
     * How many are in a partition of the index `due`, and when the first is due, ISO 8601.
     *
     * @param hasTime asked before each page but the first; if not, `complete` is false
     */
    async countQueued(queue: string, hasTime: () => boolean): Promise<QueueCount> {
      const all = { workspace: undefined, before: Infinity };
      const first = await db.send(new QueryCommand({ ...ofQueue(queue, all), Limit: 1 }));
      const firstDueAt = first.Items?.[0]?.dueAt?.S;
      let count = 0;
      let from: Item | undefined;
      do {
        const query = { ...ofQueue(queue, all, from), Select: Select.COUNT };
        const page = await db.send(new QueryCommand(query));
        count += page.Count ?? 0;
        from = page.LastEvaluatedKey;
      } while (from !== undefined && hasTime());
      return { count, firstDueAt, complete: from === undefined };
    },

    /**
     * One page of what is still pending although the stream should have brought it long ago. Reads
     * the whole table: there is no index that the happy path would have to pay for.
     */
    async findStuck(
      { workspace, before }: RepairScope,
      from?: Item,
    ): Promise<Page<InteractionKey>> {
      const page = await db.send(
        new ScanCommand({
          TableName: table,
          FilterExpression: `#status = :pending AND acceptedAt <= :before${ofWorkspace(workspace)}`,
          ProjectionExpression: 'contact, #day',
          ExpressionAttributeNames: { '#status': 'status', '#day': 'day' },
          ExpressionAttributeValues: marshall(
            {
              ':pending': 'pending',
              ':before': new Date(before).toISOString(),
              ':workspace': workspace && `${workspace}#`,
            },
            { removeUndefinedValues: true },
          ),
          ExclusiveStartKey: from,
        }),
      );
      const entries = (page.Items ?? []).map((item) => {
        const { contact, day } = item;
        return { contact: contact?.S ?? '', day: day?.S ?? '' };
      });
      return { entries, scanned: page.ScannedCount ?? 0, next: page.LastEvaluatedKey };
    },

    /**
     * Gives a dead or stuck interaction its tries again, 72 hours from now.
     *
     * @param dueAt when it is to be tried, ms since the epoch
     * @param now the present, ms since the epoch
     * @returns false if it is neither dead nor pending any more
     */
    redrive(key: InteractionKey, dueAt: number, now: number): Promise<boolean> {
      return conditionHeld(
        db.send(
          new UpdateItemCommand({
            TableName: table,
            Key: keyItem(key),
            UpdateExpression:
              'SET #status = :retrying, attempts = :none, queue = :queue, dueAt = :dueAt, retryWindowStartsAt = :now REMOVE settledAt',
            ConditionExpression: '#status IN (:dead, :pending) AND attribute_exists(event)',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: marshall({
              ':retrying': 'retrying',
              ':none': 0,
              ':queue': retryQueueOf(key),
              ':dueAt': new Date(dueAt).toISOString(),
              ':now': new Date(now).toISOString(),
              ':dead': 'dead',
              ':pending': 'pending',
            }),
          }),
        ),
      );
    },

    /**
     * Gives what waits because of a rejected key its tries again, 72 hours from now.
     *
     * @param dueAt when it is to be tried, ms since the epoch
     * @param now the present, ms since the epoch
     * @returns false if it waits for something else, or is being tried
     */
    release(key: InteractionKey, dueAt: number, now: number): Promise<boolean> {
      const errors = Object.fromEntries(KEY_ERRORS.map((error, n) => [`:error${n}`, error]));
      return conditionHeld(
        db.send(
          new UpdateItemCommand({
            TableName: table,
            Key: keyItem(key),
            UpdateExpression:
              'SET attempts = :none, dueAt = :dueAt, retryWindowStartsAt = :now REMOVE leasedUntil',
            ConditionExpression: `#status = :retrying AND lastError IN (${Object.keys(errors)}) AND (attribute_not_exists(leasedUntil) OR leasedUntil <= :now)`,
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: marshall({
              ...errors,
              ':retrying': 'retrying',
              ':none': 0,
              ':dueAt': new Date(dueAt).toISOString(),
              ':now': new Date(now).toISOString(),
            }),
          }),
        ),
      );
    },

    /** Deletes an interaction, whatever its state. */
    async forget(key: InteractionKey): Promise<void> {
      await db.send(new DeleteItemCommand({ TableName: table, Key: keyItem(key) }));
    },
  };

  function ofQueue(
    queue: string,
    { workspace, before }: RepairScope,
    from?: Item,
  ): QueryCommandInput {
    return {
      TableName: table,
      IndexName: 'due',
      KeyConditionExpression: `queue = :queue${before === Infinity ? '' : ' AND dueAt <= :before'}`,
      ExpressionAttributeValues: marshall(
        {
          ':queue': queue,
          ':before': before === Infinity ? undefined : new Date(before).toISOString(),
          ':workspace': workspace && `${workspace}#`,
        },
        { removeUndefinedValues: true },
      ),
      ExclusiveStartKey: from,
      ...(workspace !== undefined && { FilterExpression: 'begins_with(contact, :workspace)' }),
    };
  }
}

function ofWorkspace(workspace: string | undefined): string {
  return workspace === undefined ? '' : ' AND begins_with(contact, :workspace)';
}
