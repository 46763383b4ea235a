import {
  type DynamoDBClient,
  paginateQuery,
  QueryCommand,
  type QueryCommandInput,
  Select,
} from '@aws-sdk/client-dynamodb';
import { and, beginsWith, equals, expressions, isAtMost } from '../runtime/dynamodb/expressions.ts';
import type { Item } from '../runtime/dynamodb/items.ts';
import { type Counted, countPages, type Page, queryPages } from '../runtime/dynamodb/pages.ts';
import { type DueEntry, dueSchema } from './entry.ts';

/** Which interactions of a queue are read; all of them if nothing is set. */
export interface QueueScope {
  /** The id of a workspace. */
  workspace?: string | undefined;
  /** Only those due until then, ms since the epoch. Dead ones were due when they died. */
  dueUntil?: number;
}

/** How many interactions a queue holds. */
interface QueueCount extends Counted {
  /** When the first of them is due, ISO 8601. */
  firstDueAt: string | undefined;
}

/**
 * Reads a queue of the index `due` page by page, earliest first. The index may be stale.
 *
 * @param queue `DEAD_QUEUE`, or one of `RETRY_QUEUES`
 * @param from where an earlier page said that the next one starts
 */
export function queuePages(
  db: DynamoDBClient,
  table: string,
  queue: string,
  { pageSize, from, ...scope }: QueueScope & { pageSize: number; from?: Item | undefined },
): AsyncGenerator<Page<DueEntry>> {
  const query = { ...queueQuery(table, queue, scope), Limit: pageSize, ExclusiveStartKey: from };
  return queryPages(db, query, dueSchema);
}

/**
 * Counts a queue of the index `due`.
 *
 * @param hasTime asked before each page but the first
 */
export async function countQueue(
  db: DynamoDBClient,
  table: string,
  queue: string,
  hasTime: () => boolean,
): Promise<QueueCount> {
  const query = queueQuery(table, queue, {});
  const first = await db.send(new QueryCommand({ ...query, Limit: 1 }));
  const pages = paginateQuery({ client: db }, { ...query, Select: Select.COUNT });
  return { ...(await countPages(pages, hasTime)), firstDueAt: first.Items?.[0]?.dueAt?.S };
}

/** The interaction belongs to this workspace. */
export function belongsTo(workspaceId: string) {
  return beginsWith('contact', `${workspaceId}#`);
}

function queueQuery(
  table: string,
  queue: string,
  { workspace, dueUntil }: QueueScope,
): QueryCommandInput {
  const isDue = dueUntil === undefined ? [] : [isAtMost('dueAt', new Date(dueUntil).toISOString())];
  return {
    TableName: table,
    IndexName: 'due',
    ...expressions({
      KeyConditionExpression: and(equals('queue', queue), ...isDue),
      FilterExpression: workspace === undefined ? undefined : belongsTo(workspace),
    }),
  };
}
