import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { parse } from 'yaml';
import { LOCAL_AWS } from '../../cli/local-stack.ts';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
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

const failureSchema = v.object({ statusCode: v.number(), body: v.unknown() });

/** A DynamoDB in this process. */
export type EmbeddedDynamoDB = ReturnType<typeof createEmbeddedDynamoDB>;

/** Creates an empty DynamoDB in this process: dynalite without HTTP. */
export function createEmbeddedDynamoDB() {
  const store = db.create({ createTableMs: 0 });
  return {
    async execute(operation: string, input: unknown): Promise<Answer> {
      if (operation === 'BatchExecuteStatement') return executeStatements(input);
      // First, because dynalite takes away the fields that it does not know.
      const write = parseIfValid(oldItemSchema, input);
      const answer = await perform(operation, input);
      const failure = parseIfValid(failedConditionSchema, answer.body);
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
        const failure = v.safeParse(failureSchema, error);
        if (failure.success) resolve(failure.output);
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
    const names = v
      .parse(describedSchema, description)
      .Table.KeySchema.map(({ AttributeName }) => AttributeName);
    const key = Object.entries(Key).filter(([name]) => names.includes(name));
    const read = { TableName, Key: Object.fromEntries(key), ConsistentRead: true };
    const { body: found } = await perform('GetItem', read);
    return {
      ...answer,
      body: { ...v.parse(outputSchema, answer.body), ...v.parse(outputSchema, found) },
    };
  }
}

/** A write that asks for the item that is there if its condition fails. */
const oldItemSchema = v.object({
  TableName: v.string(),
  Item: v.optional(v.record(v.string(), v.unknown())),
  Key: v.optional(v.record(v.string(), v.unknown())),
  ReturnValuesOnConditionCheckFailure: v.literal('ALL_OLD'),
});
const failedConditionSchema = v.object({
  __type: v.pipe(v.string(), v.regex(/#ConditionalCheckFailedException$/)),
});
type OldItemInput = v.InferOutput<typeof oldItemSchema>;

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
        return { response: undefined, output: { $metadata: {}, ...v.parse(outputSchema, body) } };
      },
    { step: 'initialize', priority: 'high' },
  );
  return client;
}

const outputSchema = v.record(v.string(), v.unknown());
const errorSchema = v.object({ __type: v.string(), message: v.optional(v.string(), '') });

/** @returns such as `ConditionalCheckFailedException`; undefined if the operation succeeded */
export function errorNameOf({ statusCode, body }: Answer): string | undefined {
  return statusCode === 200 ? undefined : exceptionOf(body).name;
}

function exceptionOf(body: unknown): DynamoDBServiceException {
  const { __type, message } = v.parse(errorSchema, body);
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

const describedSchema = v.object({
  Table: v.object({
    TableStatus: v.string(),
    KeySchema: v.array(v.object({ AttributeName: v.string() })),
  }),
});
const tablesSchema = v.object({
  Resources: v.record(v.string(), v.object({ Properties: v.record(v.string(), v.unknown()) })),
});
const { Resources } = v.parse(
  tablesSchema,
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
  return v.parse(describedSchema, body).Table.TableStatus === 'ACTIVE';
}
