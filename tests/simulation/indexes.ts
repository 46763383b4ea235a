import * as v from 'valibot';
import type { Answer } from '../in-process/dynamodb.ts';
import type { Moods } from './moods.ts';
import type { Random } from './random.ts';

/** The partition keys of the indexes. */
const PARTITION_KEYS = ['queue', 'id'];
const MAX_PAGE = 5;

const itemsSchema = v.looseObject({ Items: v.optional(v.array(v.unknown())) });
const indexQuerySchema = v.object({
  IndexName: v.string(),
  KeyConditionExpression: v.string(),
  ExpressionAttributeNames: v.optional(v.record(v.string(), v.string())),
  ExpressionAttributeValues: v.record(v.string(), v.unknown()),
  ExclusiveStartKey: v.optional(v.unknown()),
});

/** What the simulated queries and scans work with. */
interface IndexParts {
  execute: (operation: string, input: unknown) => Promise<Answer>;
  random: Random;
  moods: Pick<Moods, 'staleness'>;
  violate: (what: string) => void;
}

/** Creates what answers queries and scans: in pages of any size, and from indexes that are behind. */
export function createIndexes({ execute, random, moods, violate }: IndexParts) {
  const answered = new Map<string, [Answer, ...Answer[]]>();
  return {
    async read(operation: string, input: Record<string, unknown>): Promise<Answer> {
      const Limit = random.chance(0.2) ? { Limit: 1 + random.int(MAX_PAGE) } : {};
      const answer = await execute(operation, { ...input, ...Limit });
      if (input.IndexName === undefined || answer.statusCode !== 200) return answer;
      return asIndexed(partitionOf(input), answer);
    },
  };

  /** Finds out what a query of an index reads. The names of placeholders do not matter. */
  function partitionOf(input: unknown): string {
    const query = v.parse(indexQuerySchema, input);
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values } = query;
    const [, name = '', value = ''] = /(#?\w+) = (:\w+)/.exec(query.KeyConditionExpression) ?? [];
    const [attribute, partition] = [names[name] ?? name, values[value]];
    if (partition === undefined || !PARTITION_KEYS.includes(attribute)) {
      violate(`a query that cannot be followed: ${query.KeyConditionExpression}`);
    }
    // A query for all of a queue says nothing about one for what is due.
    const { IndexName, KeyConditionExpression, ExclusiveStartKey } = query;
    return JSON.stringify([IndexName, partition, KeyConditionExpression, ExclusiveStartKey]);
  }

  /** An index is eventually consistent: sometimes it returns an older result, or misses an item. */
  function asIndexed(partition: string, answer: Answer): Answer {
    const earlier = answered.get(partition) ?? [NOTHING];
    answered.set(partition, [answer, ...earlier.slice(0, 2)]);
    if (!random.chance(moods.staleness())) return answer;
    const { Items = [], ...rest } = v.parse(itemsSchema, answer.body);
    const missing = random.int(Math.max(Items.length, 1));
    const incomplete = { ...rest, Items: Items.filter((_, at) => at !== missing) };
    return random.pick([{ statusCode: 200, body: incomplete }, ...earlier]);
  }
}

const NOTHING: Answer = { statusCode: 200, body: { Items: [] } };
