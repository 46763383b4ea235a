import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { conditionHeld, type Item } from '../runtime/dynamodb.ts';
import {
  type DueEntry,
  dueSchema,
  entrySchema,
  type InteractionKey,
  interactionId,
  type LedgerEntry,
  type OutboxEvent,
} from './entry.ts';
import { type AttributeChanges, attributesAfter, type Outcome } from './outcome.ts';
import { retryQueue, retryQueueOf } from './queues.ts';

/** DynamoDB's limit for one BatchGetItem. */
const MAX_KEYS_PER_READ = 100;
export type Ledger = ReturnType<typeof createLedger>;

/**
 * The table of interactions. Every method throws on a fault of AWS, and only then.
 *
 * @param db the client
 * @param table the table's name
 * @param retentionDays how long delivered interactions are kept; for ever if undefined
 */
export function createLedger(db: DynamoDBClient, table: string, retentionDays?: number) {
  return {
    /**
     * Which of these already have their interaction: one cheap, eventually consistent read a key.
     * A yes is certain; what it misses, the write decides.
     *
     * @returns `nameOf` each key that is taken
     */
    async findTaken(keys: InteractionKey[]): Promise<Set<string>> {
      const reads: Promise<Item[]>[] = [];
      for (let from = 0; from < keys.length; from += MAX_KEYS_PER_READ) {
        reads.push(readSome(keys.slice(from, from + MAX_KEYS_PER_READ)));
      }
      const taken = new Set<string>();
      for (const item of (await Promise.all(reads)).flat()) {
        const { contact, day, status } = takenSchema.parse(unmarshall(item));
        if (status !== 'dead') taken.add(interactionId({ contact, day }));
      }
      return taken;
    },

    /**
     * The one-per-day rule: writes the interaction if the contact has none that day, or a dead one.
     *
     * @param now the present, ms since the epoch
     * @returns false if there is one already, which stays as it is
     */
    accept(key: InteractionKey, event: OutboxEvent, now: number): Promise<boolean> {
      const entry: LedgerEntry = {
        ...key,
        status: 'pending',
        event,
        attempts: 0,
        acceptedAt: new Date(now).toISOString(),
      };
      return conditionHeld(
        db.send(
          new PutItemCommand({
            TableName: table,
            Item: marshall(entry),
            ConditionExpression: 'attribute_not_exists(contact) OR #status = :dead',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: { ':dead': { S: 'dead' } },
          }),
        ),
      );
    },

    /** The interaction as it is now (a strongly consistent read); undefined if there is none. */
    async read(key: InteractionKey): Promise<LedgerEntry | undefined> {
      const { Item } = await db.send(
        new GetItemCommand({ TableName: table, Key: keyItem(key), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : entrySchema.parse(unmarshall(Item));
    },

    /**
     * Records how a try ended, if the interaction is still as `entry` read it.
     *
     * @param entry what the deliverer read before it sent
     * @param now the present, ms since the epoch
     * @returns false if somebody else settled it meanwhile
     */
    settle(entry: LedgerEntry, settlement: Outcome, now: number): Promise<boolean> {
      const parts = { now, retryQueue: retryQueueOf(entry), retentionDays };
      const change = attributesAfter(entry, settlement, parts);
      return conditionHeld(
        db.send(
          new UpdateItemCommand({
            TableName: table,
            Key: keyItem(entry),
            UpdateExpression: updateOf(change),
            ConditionExpression: `#status = :wasStatus AND attempts = :wasAttempts AND acceptedAt = :wasAcceptedAt AND ${
              entry.dueAt === undefined ? 'attribute_not_exists(dueAt)' : 'dueAt = :wasDueAt'
            }`,
            ExpressionAttributeNames: Object.fromEntries(
              Object.keys(change).map((name) => [`#${name}`, name]),
            ),
            ExpressionAttributeValues: marshall(
              {
                ...Object.fromEntries(
                  Object.entries(change).map(([name, value]) => [`:${name}`, value]),
                ),
                ':wasStatus': entry.status,
                ':wasAttempts': entry.attempts,
                ':wasAcceptedAt': entry.acceptedAt,
                ':wasDueAt': entry.dueAt,
              },
              { removeUndefinedValues: true },
            ),
          }),
        ),
      );
    },

    /**
     * What waits for another try and is due, oldest first, page by page: one shard of the index,
     * which may be stale. Only `lease` tells.
     *
     * @param shard from 0 to `RETRY_SHARDS` less 1
     * @param now the present, ms since the epoch
     * @param limit of a page
     */
    async *findDue(shard: number, now: number, limit: number): AsyncGenerator<DueEntry[], void> {
      let from: Item | undefined;
      do {
        const page = await db.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'due',
            KeyConditionExpression: 'queue = :queue AND dueAt <= :now',
            ExpressionAttributeValues: marshall({
              ':queue': retryQueue(shard),
              ':now': new Date(now).toISOString(),
            }),
            Limit: limit,
            ExclusiveStartKey: from,
          }),
        );
        yield (page.Items ?? []).map((item) => dueSchema.parse(unmarshall(item)));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
    },

    /**
     * Takes a due interaction by moving `dueAt` ahead: overlapping runs cannot both have it, and
     * one that dies gives it back when the lease is over. `leasedUntil` tells others that it is not
     * waiting but being tried.
     *
     * @param until end of the lease, ms since the epoch
     * @returns the interaction as it is now; undefined if somebody else took it
     */
    async lease(due: DueEntry, until: number): Promise<LedgerEntry | undefined> {
      let leased: LedgerEntry | undefined;
      const update = async () => {
        const { Attributes } = await db.send(
          new UpdateItemCommand({
            TableName: table,
            Key: keyItem(due),
            UpdateExpression: 'SET dueAt = :until, leasedUntil = :until',
            ConditionExpression: '#status = :retrying AND dueAt = :dueAt',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: marshall({
              ':until': new Date(until).toISOString(),
              ':retrying': 'retrying',
              ':dueAt': due.dueAt,
            }),
            ReturnValues: 'ALL_NEW',
          }),
        );
        leased = entrySchema.parse(unmarshall(Attributes ?? {}));
      };
      await conditionHeld(update());
      return leased;
    },
  };

  async function readSome(keys: InteractionKey[]): Promise<Item[]> {
    const { Responses } = await db.send(
      new BatchGetItemCommand({
        RequestItems: {
          [table]: {
            Keys: keys.map(keyItem),
            ProjectionExpression: 'contact, #day, #status',
            ExpressionAttributeNames: { '#day': 'day', '#status': 'status' },
          },
        },
      }),
    );
    return Responses?.[table] ?? [];
  }
}

const takenSchema = z.object({ contact: z.string(), day: z.string(), status: z.string() });

/** A key as DynamoDB takes it. */
export function keyItem({ contact, day }: InteractionKey): Item {
  return { contact: { S: contact }, day: { S: day } };
}

function updateOf(change: AttributeChanges): string {
  const changes = Object.entries(change);
  const set = changes.filter(([, value]) => value !== undefined);
  const removed = changes.filter(([, value]) => value === undefined);
  return `SET ${set.map(([name]) => `#${name} = :${name}`)} REMOVE ${removed.map(([name]) => `#${name}`)}`;
}
