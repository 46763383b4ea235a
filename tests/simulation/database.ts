import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { type Answer, createInProcessClient } from '../in-process/dynamodb.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** An operation that took effect, told before its caller knows. */
export interface Effect {
  invocation: Invocation;
  operation: string;
  input: Record<string, unknown>;
  answer: unknown;
}

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
  /** How often a query of the index is answered as it was before. */
  staleness: () => number;
}

/** The real client, whose requests are steps of the simulation. */
export function createSimulatedClient(parts: ClientParts): DynamoDBClient {
  const answered = new Map<string, Answer[]>();
  return createInProcessClient((operation, input) => {
    const invocation = parts.scheduler.invocation();
    return parts.scheduler.step('database', {
      perform: () => act(invocation, operation, input),
      fail: async (tookEffect) => {
        if (tookEffect) await act(invocation, operation, input);
        if (parts.random.chance(0.5)) return THROTTLED;
        throw Object.assign(new Error('unreachable'), { name: 'TimeoutError' });
      },
    });
  });

  async function act(
    invocation: Invocation,
    operation: string,
    input: Record<string, unknown>,
  ): Promise<Answer> {
    const { IndexName, ExpressionAttributeValues } = queryInputSchema.parse(input);
    const partition = JSON.stringify(ExpressionAttributeValues?.[':queue']);
    const earlier = answered.get(partition) ?? [];
    const stale = earlier[parts.random.int(Math.max(earlier.length, 1))];
    if (IndexName === 'due' && stale !== undefined && parts.random.chance(parts.staleness())) {
      return stale;
    }
    const answer = await parts.execute(operation, input);
    if (answer.statusCode !== 200) return answer;
    parts.onEffect({ invocation, operation, input, answer: answer.body });
    if (IndexName === 'due') {
      answered.set(partition, [...earlier.slice(-2), answer]);
    }
    return answer;
  }
}

const THROTTLED: Answer = {
  statusCode: 400,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException' },
};
