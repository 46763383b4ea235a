import { createHandler } from '../../functions/identify.ts';
import { createServices } from '../../functions/services.ts';
import { insertsOf } from '../../offline/insert-statements.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../../tests/in-process/deployment.ts';
import {
  type Answer,
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../../tests/in-process/dynamodb.ts';
import { contextWith, requestWith } from '../../tests/in-process/lambda.ts';
import { createMemorySecretStore } from '../../tests/in-process/secrets.ts';

const API_KEY = 'key-of-the-benchmark';
const SAMPLE = {
  type: 'identify',
  timestamp: '2020-05-31T17:55:47.263Z',
  traits: { email: 'sample@example.com' },
};

/** The function `identify` in this process, for one workspace. */
export type Target = Awaited<ReturnType<typeof createTarget>>;

/**
 * Starts the function `identify` over an embedded DynamoDB.
 *
 * @param format whether the workspace has a custom format
 */
export async function createTarget(format: 'documented' | 'custom') {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const db = createInProcessClient(
    async (operation, input) =>
      answerAtOnce(operation, input) ?? database.execute(operation, input),
  );
  const operator = createInProcessOperator(db);
  await operator.run({
    command: 'workspace.add',
    workspace: 'acme',
    name: 'Acme',
    apiKey: API_KEY,
  });
  if (format === 'custom') {
    const emailPath = 'traits.email';
    await operator.run({
      command: 'workspace.update',
      workspace: 'acme',
      emailPath,
      sample: SAMPLE,
    });
  }
  return {
    /**
     * @param body gzip, in base64
     * @returns the CPU time of the request, µs
     */
    async send(body: string): Promise<number> {
      const headers = { authorization: `Bearer ${API_KEY}`, 'content-encoding': 'gzip' };
      const request = requestWith({
        routeKey: 'POST /v1/batch',
        headers,
        body,
        isBase64Encoded: true,
      });
      // A new container, which remembers no contact.
      const services = createServices(CONFIG, db, createMemorySecretStore());
      const handler = createHandler(() => services);
      const start = process.cpuUsage();
      await handler(
        request,
        contextWith('identify', '1', () => 28_000),
      );
      const { user, system } = process.cpuUsage(start);
      return user + system;
    },
  };
}

/** Every day is free, and every write succeeds. The CPU of a DynamoDB is no part of the function. */
function answerAtOnce(operation: string, input: Record<string, unknown>): Answer | undefined {
  if (operation === 'BatchGetItem') return { statusCode: 200, body: { Responses: {} } };
  const isOfLedger = input.TableName === TABLES.Interactions;
  if (operation === 'GetItem' && isOfLedger) return { statusCode: 200, body: {} };
  if (operation !== 'BatchExecuteStatement') return undefined;
  const Responses = insertsOf(input).map(({ TableName }) => ({ TableName }));
  return { statusCode: 200, body: { Responses } };
}
