import * as z from 'zod/mini';
import type { Answer } from './dynamodb.ts';

/** What requests to DynamoDB cost. */
export interface Capacity {
  /** How many requests there were, by operation, such as `PutItem`. */
  calls: Record<string, number>;
  /** Read units: an eventually consistent read of up to 4 KB is half of one. */
  reads: number;
  /** Write units: one for each KB. */
  writes: number;
}

const KIB = 1024;
const consumed = z.object({ CapacityUnits: z.number() });
const answerSchema = z.object({
  ConsumedCapacity: z._default(z.union([consumed, z.array(consumed)]), []),
});
const failureSchema = z.object({ __type: z.string() });
const writeSchema = z.object({
  TableName: z.string(),
  Key: z.optional(z.record(z.string(), z.unknown())),
  Item: z.optional(z.record(z.string(), z.unknown())),
});
const itemSchema = z.object({ Item: z.optional(z.record(z.string(), z.unknown())) });

type Perform = (operation: string, input: Record<string, unknown>) => Promise<Answer>;

/**
 * Counts what requests cost, as DynamoDB tells it. It tells nothing of a write whose condition failed:
 * that costs as many units as the item has that is there. With the failure comes that item if the
 * request asks for it, which dynalite cannot do.
 *
 * @param perform performs a request
 * @param keysOf the names of the attributes of a table's key
 */
export function countCapacity(perform: Perform, keysOf: (table: string) => string[]) {
  let counted = nothing();
  return {
    async perform(operation: string, input: Record<string, unknown>): Promise<Answer> {
      counted.calls[operation] = (counted.calls[operation] ?? 0) + 1;
      const answer = await perform(operation, { ...input, ReturnConsumedCapacity: 'TOTAL' });
      if (answer.statusCode !== 200) return explainFailure(input, answer);
      const { ConsumedCapacity } = answerSchema.parse(answer.body);
      const units = [ConsumedCapacity]
        .flat()
        .reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
      if (/^(Put|Update|Delete)/.test(operation)) counted.writes += units;
      else counted.reads += units;
      return answer;
    },
    /** @returns what requests cost since the last call */
    take(): Capacity {
      const taken = counted;
      counted = nothing();
      return taken;
    },
  };

  async function explainFailure(input: Record<string, unknown>, answer: Answer): Promise<Answer> {
    const { __type } = failureSchema.parse(answer.body);
    if (!__type.endsWith('ConditionalCheckFailedException')) return answer;
    const { TableName, Key, Item } = writeSchema.parse(input);
    const names = keysOf(TableName);
    const key = Object.entries(Key ?? Item ?? {}).filter(([name]) => names.includes(name));
    const read = { TableName, Key: Object.fromEntries(key), ConsistentRead: true };
    const there = itemSchema.parse((await perform('GetItem', read)).body).Item;
    counted.writes += Math.ceil(JSON.stringify(there ?? {}).length / KIB);
    const wanted = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
    return wanted ? { ...answer, body: { __type, message: '', Item: there } } : answer;
  }
}

function nothing(): Capacity {
  return { calls: {}, reads: 0, writes: 0 };
}
