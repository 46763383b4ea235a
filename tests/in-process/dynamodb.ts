import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
} from '@aws-sdk/client-dynamodb';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { LOCAL_AWS } from '../../cli/local-stack.ts';
import { executeInserts } from '../../offline/insert-statements.ts';

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

/** A response of DynamoDB. */
export interface Answer {
  statusCode: number;
  body: unknown;
}

const failureSchema = z.object({ statusCode: z.number(), body: z.unknown() });

/** A DynamoDB in this process. */
export type EmbeddedDynamoDB = ReturnType<typeof createEmbeddedDynamoDB>;

/** Creates an empty DynamoDB in this process: dynalite without HTTP. */
export function createEmbeddedDynamoDB() {
  const store = db.create({ createTableMs: 0 });
  return {
    async execute(operation: string, input: unknown): Promise<Answer> {
      if (operation === 'BatchExecuteStatement') return executeStatements(input);
      // First, because dynalite takes away the fields that it does not know.
      const { data: write } = oldItemSchema.safeParse(input);
      const answer = await perform(operation, input);
      const { data: failure } = failedConditionSchema.safeParse(answer.body);
      return write && failure ? withOldItem(write, answer) : answer;
    },
  };

  async function executeStatements(input: unknown): Promise<Answer> {
    const body = await executeInserts(input, async (insert) => {
      const answer = await perform('PutItem', insert);
      return errorNameOf(answer);
    });
    return { statusCode: 200, body };
  }

  function perform(operation: string, input: unknown): Promise<Answer> {
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
        const data = validations.checkTypes(input, types);
        validations.checkValidations(data, types, custom, store);
        action(store, data, (error, body) => {
          if (error == null) resolve({ statusCode: 200, body });
          else fail(error);
        });
      } catch (error) {
        fail(error);
      }
    });
  }

  /** What dynalite cannot do: the answer to a failed condition has the item that is there. */
  async function withOldItem(write: OldItemInput, answer: Answer): Promise<Answer> {
    const { TableName, Item, Key = Item ?? {} } = write;
    const { body: description } = await perform('DescribeTable', { TableName });
    const names = describedSchema
      .parse(description)
      .Table.KeySchema.map(({ AttributeName }) => AttributeName);
    const key = Object.entries(Key).filter(([name]) => names.includes(name));
    const read = { TableName, Key: Object.fromEntries(key), ConsistentRead: true };
    const { body: found } = await perform('GetItem', read);
    return {
      ...answer,
      body: { ...outputSchema.parse(answer.body), ...outputSchema.parse(found) },
    };
  }
}

/** A write that asks for the item that is there if its condition fails. */
const oldItemSchema = z.object({
  TableName: z.string(),
  Item: z.optional(z.record(z.string(), z.unknown())),
  Key: z.optional(z.record(z.string(), z.unknown())),
  ReturnValuesOnConditionCheckFailure: z.literal('ALL_OLD'),
});
const failedConditionSchema = z.object({
  __type: z.string().check(z.regex(/#ConditionalCheckFailedException$/)),
});
type OldItemInput = z.infer<typeof oldItemSchema>;

/**
 * Gives the response to an operation, such as `PutItem`, and its input. It throws for a network
 * error.
 */
type Perform = (operation: string, input: Record<string, unknown>) => Promise<Answer>;

/** Creates a real client whose requests never leave this process. */
export function createInProcessClient(perform: Perform): DynamoDBClient {
  return new DynamoDBClient(inProcess(perform));
}

/**
 * Creates a real client that makes no request: it hands over the input of a command as it is. That
 * costs half of the CPU of `createInProcessClient`.
 */
export function createDirectClient(perform: Perform): DynamoDBClient {
  const client = new DynamoDBClient(LOCAL_AWS);
  client.middlewareStack.add(
    (_next, { commandName = '' }) =>
      async ({ input }) => {
        const { statusCode, body } = await perform(commandName.replace(/Command$/, ''), {
          ...input,
        });
        if (statusCode !== 200) throw exceptionOf(body);
        return { response: undefined, output: { $metadata: {}, ...outputSchema.parse(body) } };
      },
    { step: 'initialize', priority: 'high' },
  );
  return client;
}

const outputSchema = z.record(z.string(), z.unknown());
const errorSchema = z.object({ __type: z.string(), message: z._default(z.string(), '') });

/** @returns such as `ConditionalCheckFailedException`; undefined if the operation succeeded */
export function errorNameOf({ statusCode, body }: Answer): string | undefined {
  return statusCode === 200 ? undefined : exceptionOf(body).name;
}

function exceptionOf(body: unknown): DynamoDBServiceException {
  const { __type, message } = errorSchema.parse(body);
  const name = __type.slice(__type.indexOf('#') + 1);
  const options = { name, message, $fault: 'client', $metadata: {} } as const;
  const isFailedCondition = name === 'ConditionalCheckFailedException';
  return isFailedCondition
    ? new ConditionalCheckFailedException(options)
    : new DynamoDBServiceException(options);
}

/** The configuration of a real AWS client whose requests never leave this process. */
export function inProcess(perform: Perform) {
  return {
    ...LOCAL_AWS,
    endpoint: 'http://simulated.invalid',
    maxAttempts: 1,
    signer: { sign: async <T>(request: T) => request },
    requestHandler: {
      handle: async (request: { headers: Record<string, string>; body: Uint8Array }) => {
        const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        const input: Record<string, unknown> = JSON.parse(new TextDecoder().decode(request.body));
        return { response: responseOf(await perform(operation, input)) };
      },
    },
  };
}

function responseOf({ statusCode, body }: Answer) {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

const describedSchema = z.object({
  Table: z.object({
    TableStatus: z.string(),
    KeySchema: z.array(z.object({ AttributeName: z.string() })),
  }),
});
const tablesSchema = z.object({
  Resources: z.record(z.string(), z.object({ Properties: z.record(z.string(), z.unknown()) })),
});
const { Resources } = tablesSchema.parse(
  parse(readFileSync(new URL('../../resources/tables.yml', import.meta.url), 'utf8')),
);

/**
 * Creates the tables of the deployment, and waits until they are active.
 *
 * @param names the name here of each table in `resources/tables.yml`
 */
export async function createTables(
  database: EmbeddedDynamoDB,
  names: { Interactions: string; Workspaces?: string },
): Promise<void> {
  for (const [resource, TableName] of Object.entries(names)) {
    const { BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } =
      Resources[resource]?.Properties ?? {};
    await database.execute('CreateTable', {
      TableName,
      BillingMode,
      AttributeDefinitions,
      KeySchema,
      GlobalSecondaryIndexes,
    });
    await untilActive(database, TableName);
  }
}

/** Waits until a table can be used: dynalite needs a moment. */
export async function untilActive(database: EmbeddedDynamoDB, TableName: string): Promise<void> {
  while (!(await isActive(database, TableName))) await turn();
}

async function isActive(database: EmbeddedDynamoDB, TableName: string): Promise<boolean> {
  const { body } = await database.execute('DescribeTable', { TableName });
  return describedSchema.parse(body).Table.TableStatus === 'ACTIVE';
}
