import { createRequire } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { LOCAL_AWS } from '../../offline/database.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

const require = createRequire(import.meta.url);
const db: { create(options: object): object } = require('dynalite/db');
const validations: {
  checkTypes(data: unknown, types: unknown): unknown;
  checkValidations(data: unknown, types: unknown, custom: unknown, store: object): void;
} = require('dynalite/validations');

type Action = (
  store: object,
  data: unknown,
  done: (error: unknown, data?: unknown) => void,
) => void;

/** What DynamoDB answered. */
interface Answer {
  statusCode: number;
  body: unknown;
}

/** An operation that took effect, told before its caller knows. */
export interface Effect {
  invocation: Invocation;
  operation: string;
  input: Record<string, unknown>;
  answer: unknown;
}

const failureSchema = z.object({ statusCode: z.number(), body: z.unknown() });
const queryInputSchema = z.looseObject({
  IndexName: z.optional(z.string()),
  ExpressionAttributeValues: z.optional(z.record(z.string(), z.unknown())),
});

/** A DynamoDB of its own, in this process: dynalite without HTTP between. */
export function createEmbeddedDynamoDB() {
  const store = db.create({ createTableMs: 0 });
  return {
    execute(operation: string, input: unknown): Promise<Answer> {
      const name = operation.charAt(0).toLowerCase() + operation.slice(1);
      const action: Action = require(`dynalite/actions/${name}`);
      const { types, custom } = require(`dynalite/validations/${name}`);
      return new Promise<Answer>((resolve, reject) => {
        const fail = (error: unknown): void => {
          const failure = failureSchema.safeParse(error);
          if (failure.success)
            resolve({ statusCode: failure.data.statusCode, body: failure.data.body });
          else reject(error);
        };
        try {
          const data = validations.checkTypes(structuredClone(input), types);
          validations.checkValidations(data, types, custom, store);
          action(store, data, (error, body) => {
            if (error == null) resolve({ statusCode: 200, body });
            else fail(error);
          });
        } catch (error) {
          fail(error);
        }
      });
    },
  };
}

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
  return new DynamoDBClient({
    ...LOCAL_AWS,
    endpoint: 'http://simulated.invalid',
    maxAttempts: 1,
    signer: { sign: async (request) => request },
    requestHandler: {
      handle: async (request: { headers: Record<string, string>; body: Uint8Array }) => {
        const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        const input: Record<string, unknown> = JSON.parse(new TextDecoder().decode(request.body));
        const invocation = parts.scheduler.invocation();
        const answer = await parts.scheduler.step('database', {
          perform: () => act(invocation, operation, input),
          fail: async (tookEffect) => {
            if (tookEffect) await act(invocation, operation, input);
            if (parts.random.chance(0.5)) return THROTTLED;
            throw Object.assign(new Error('unreachable'), { name: 'TimeoutError' });
          },
        });
        return { response: responseOf(answer) };
      },
    },
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

function responseOf({ statusCode, body }: Answer) {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}
