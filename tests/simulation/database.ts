import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { type Answer, createInProcessClient } from '../in-process/dynamodb.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** As the client that is deployed. */
const MAX_ATTEMPTS = 3;

/** An operation that took effect, told before its caller knows. */
export interface Effect {
  invocation: Invocation;
  operation: string;
  input: Record<string, unknown>;
  /** Its answer is lost on the client, which sends it again. */
  repeated: boolean;
}

const itemsSchema = z.looseObject({ Items: z.array(z.unknown()) });
const queryInputSchema = z.looseObject({
  IndexName: z.optional(z.string()),
  ExpressionAttributeValues: z.optional(z.record(z.string(), z.unknown())),
});

/** What a simulated client meets. */
export interface ClientParts {
  execute: (operation: string, input: unknown) => Promise<Answer>;
  scheduler: Scheduler;
  random: Random;
  /** Told what took effect. */
  onEffect: (effect: Effect) => void;
  /** How often a query of an index is answered as it was before, or less an item. */
  staleness: () => number;
}

/** The real client, whose requests are steps of the simulation. */
export function createSimulatedClient(parts: ClientParts): DynamoDBClient {
  const answered = new Map<string, [Answer, ...Answer[]]>();
  // What the client repeats of itself would wait for real time: that is steps of the simulation, too.
  return createInProcessClient(async (operation, input) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await tryOnce(operation, input, attempt);
      if (answer !== undefined) return answer;
    }
  });

  /** @returns undefined if the client is to try again */
  function tryOnce(
    operation: string,
    input: Record<string, unknown>,
    attempt: number,
  ): Promise<Answer | undefined> {
    const { scheduler, random } = parts;
    const invocation = scheduler.invocation();
    return scheduler.step<Answer | undefined>('database', {
      perform: () => act(invocation, operation, input),
      fail: async (tookEffect) => {
        const repeated = attempt < MAX_ATTEMPTS && random.chance(0.4);
        if (tookEffect) await act(invocation, operation, input, repeated);
        if (repeated) return undefined;
        if (random.chance(0.5)) return THROTTLED;
        throw Object.assign(new Error('unreachable'), { name: 'TimeoutError' });
      },
    });
  }

  async function act(
    invocation: Invocation,
    operation: string,
    input: Record<string, unknown>,
    repeated = false,
  ): Promise<Answer> {
    const answer = await parts.execute(operation, input);
    if (answer.statusCode !== 200) return answer;
    parts.onEffect({ invocation, operation, input, repeated });
    const { IndexName, ExpressionAttributeValues = {} } = queryInputSchema.parse(input);
    if (IndexName === undefined) return answer;
    const { ':queue': queue, ':id': id } = ExpressionAttributeValues;
    return asIndexed(JSON.stringify([IndexName, queue, id]), answer);
  }

  /** An index is eventually consistent: now and then it shows what was, or not all there is. */
  function asIndexed(partition: string, answer: Answer): Answer {
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
