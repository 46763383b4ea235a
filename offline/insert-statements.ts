import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  type AttributeValue,
  type DynamoDBClient,
  DynamoDBServiceException,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';

/** An INSERT of PartiQL as a PutItem. */
export interface Insert {
  TableName: string;
  Item: Record<string, AttributeValue>;
  ConditionExpression: string;
}

/** The result of one statement, as BatchExecuteStatement gives it. */
interface StatementResponse {
  TableName: string;
  Error?: { Code: string; Message: string };
}

/**
 * Does what dynalite cannot: a BatchExecuteStatement that inserts into the ledger. Each statement
 * becomes a PutItem with the condition that no item has its key.
 *
 * @param input of BatchExecuteStatement
 * @param put does one PutItem, and returns the name of its error if it fails
 * @returns the output of BatchExecuteStatement
 * @throws for a statement that does something else
 */
export async function executeInserts(
  input: unknown,
  put: (insert: Insert) => Promise<string | undefined>,
): Promise<{ Responses: StatementResponse[] }> {
  const responses = insertsOf(input).map(async (insert) => {
    const { TableName } = insert;
    const error = await put(insert);
    return error === undefined ? { TableName } : { TableName, Error: statementErrorOf(error) };
  });
  return { Responses: await Promise.all(responses) };
}

/**
 * Reads the statements of a BatchExecuteStatement.
 *
 * @throws for a statement that does not insert into the ledger
 */
export function insertsOf(input: unknown): Insert[] {
  return v.parse(inputSchema, input).Statements.map(parseInsert);
}

/**
 * Answers a request for BatchExecuteStatement.
 *
 * @param db writes to the same database
 */
export async function answerInserts(
  db: DynamoDBClient,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const put = async (insert: Insert): Promise<string | undefined> => {
    try {
      await db.send(new PutItemCommand(insert));
    } catch (error) {
      if (error instanceof DynamoDBServiceException) return error.name;
      throw error;
    }
  };
  try {
    const output = await executeInserts(await json(request), put);
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(output));
  } catch (error) {
    response.destroy(error instanceof Error ? error : undefined);
  }
}

const statementSchema = v.object({
  Statement: v.string(),
  Parameters: v.array(v.custom<AttributeValue>((value) => typeof value === 'object')),
});
const inputSchema = v.object({
  Statements: v.pipe(v.array(statementSchema), v.minLength(1), v.maxLength(25)),
});

function parseInsert({ Statement, Parameters }: v.InferOutput<typeof statementSchema>): Insert {
  const [, TableName, tuple = ''] = /^INSERT INTO "([^"]+)" VALUE \{(.+)\}$/.exec(Statement) ?? [];
  const names = [...tuple.matchAll(/'([^']+)': \?/g)].map(([, name = '']) => name);
  const Item = Object.fromEntries(
    Parameters.map((value, index): [string, AttributeValue] => [names[index] ?? '', value]),
  );
  if (TableName === undefined || !('contact' in Item) || names.length !== Parameters.length) {
    throw new Error('the embedded database inserts into the ledger, and knows no other statement');
  }
  return { TableName, Item, ConditionExpression: 'attribute_not_exists(contact)' };
}

function statementErrorOf(name: string): { Code: string; Message: string } {
  if (name === 'ConditionalCheckFailedException') {
    return { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' };
  }
  return { Code: name.replace(/Exception$/, ''), Message: name };
}
