import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { entrySchema, type LedgerEntry } from '../../lib/ledger/entry.ts';
import { type Answer, createInProcessClient } from '../in-process/dynamodb.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** The same as in the deployed client. */
const MAX_ATTEMPTS = 3;

/** The partition keys of the indexes. */
const PARTITION_KEYS = ['queue', 'id'];
const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);

/** A write of the ledger that took effect. Its caller does not know it yet. */
export interface Effect {
  invocation: Invocation;
  /** The interaction before and after the write; undefined if there is none. */
  before: LedgerEntry | undefined;
  after: LedgerEntry | undefined;
  /** Its response is lost, so the client sends the write again. */
  repeated: boolean;
}

const itemsSchema = z.looseObject({ Items: z.array(z.unknown()) });
const keySchema = z.object({
  contact: z.object({ S: z.string() }),
  day: z.object({ S: z.string() }),
});
const inputSchema = z.looseObject({
  TableName: z.optional(z.string()),
  Item: z.optional(z.looseObject({})),
  Key: z.optional(z.looseObject({})),
});
const foundSchema = z.object({ Item: z.optional(z.record(z.string(), z.any())) });
const indexQuerySchema = z.object({
  IndexName: z.string(),
  KeyConditionExpression: z.string(),
  ExpressionAttributeNames: z.optional(z.record(z.string(), z.string())),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()),
});

/** What a simulated client works with. */
export interface ClientParts {
  execute: (operation: string, input: unknown) => Promise<Answer>;
  scheduler: Scheduler;
  random: Random;
  /** The table of interactions, whose writes are watched. */
  table: string;
  /** Called with each write of that table that took effect. */
  onEffect: (effect: Effect) => void;
  /** Called with what the simulation cannot follow. */
  violate: (what: string) => void;
  /** How often a query of an index returns an older result, or misses an item. */
  staleness: () => number;
}

/** Creates the real client. Its requests are steps of the simulation. */
export function createSimulatedClient(parts: ClientParts): DynamoDBClient {
  const answered = new Map<string, [Answer, ...Answer[]]>();
  // The real client waits between its retries. Here each retry is a step of the simulation.
  return createInProcessClient(async (operation, input) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await tryOnce(operation, input, attempt);
      if (answer !== undefined) return answer;
    }
  });

  /** @returns undefined if the client must try again */
  function tryOnce(
    operation: string,
    input: Record<string, unknown>,
    attempt: number,
  ): Promise<Answer | undefined> {
    const { scheduler, random } = parts;
    const invocation = scheduler.invocation();
    return scheduler.step<Answer | undefined>('database', {
      perform: () => actLoudly(invocation, operation, input),
      fail: async (tookEffect) => {
        const repeated = attempt < MAX_ATTEMPTS && random.chance(0.4);
        if (tookEffect) await actLoudly(invocation, operation, input, repeated);
        if (repeated) return undefined;
        if (random.chance(0.5)) return THROTTLED;
        throw Object.assign(new Error('unreachable'), { name: 'TimeoutError' });
      },
    });
  }

  /** Functions survive faults of the database, so a fault of the simulation is reported apart. */
  async function actLoudly(...args: Parameters<typeof act>): Promise<Answer> {
    return act(...args).catch((error: Error) => {
      parts.violate(`the simulation failed: ${error.message}`);
      throw error;
    });
  }

  async function act(
    invocation: Invocation,
    operation: string,
    input: Record<string, unknown>,
    repeated = false,
  ): Promise<Answer> {
    if (READS.has(operation)) {
      const answer = await parts.execute(operation, input);
      return input.IndexName === undefined ? answer : asIndexed(partitionOf(input), answer);
    }
    const { TableName, Item, Key } = inputSchema.parse(input);
    if (TableName !== parts.table) {
      if (TableName === undefined) parts.violate(`${operation}: cannot be followed`);
      return parts.execute(operation, input);
    }
    const key = keySchema.parse(Item ?? Key);
    const before = await find(key);
    const answer = await parts.execute(operation, input);
    if (answer.statusCode !== 200) return answer;
    parts.onEffect({ invocation, before, after: await find(key), repeated });
    return answer;
  }

  /** Reads an interaction without any faults. */
  async function find(Key: object): Promise<LedgerEntry | undefined> {
    const { body } = await parts.execute('GetItem', { TableName: parts.table, Key });
    const { Item } = foundSchema.parse(body);
    return Item && entrySchema.parse(unmarshall(Item));
  }

  /** Finds the partition that a query of an index reads. The names of placeholders do not matter. */
  function partitionOf(input: unknown): string {
    const query = indexQuerySchema.parse(input);
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values } = query;
    const [, name = '', value = ''] = /(#?\w+) = (:\w+)/.exec(query.KeyConditionExpression) ?? [];
    const [attribute, partition] = [names[name] ?? name, values[value]];
    if (partition === undefined || !PARTITION_KEYS.includes(attribute)) {
      parts.violate(`a query that cannot be followed: ${query.KeyConditionExpression}`);
    }
    return JSON.stringify([query.IndexName, partition]);
  }

  /** An index is eventually consistent: sometimes it returns an older result, or misses an item. */
  function asIndexed(partition: string, answer: Answer): Answer {
    if (answer.statusCode !== 200) return answer;
    const { random } = parts;
    const earlier = answered.get(partition) ?? [NOTHING];
    answered.set(partition, [answer, ...earlier.slice(0, 2)]);
    if (!random.chance(parts.staleness())) return answer;
    const { Items, ...rest } = itemsSchema.parse(answer.body);
    const missing = random.int(Math.max(Items.length, 1));
    const incomplete = { ...rest, Items: Items.filter((_, at) => at !== missing) };
    return random.pick([{ statusCode: 200, body: incomplete }, ...earlier]);
  }
}

const NOTHING: Answer = { statusCode: 200, body: { Items: [] } };
const THROTTLED: Answer = {
  statusCode: 400,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException' },
};
