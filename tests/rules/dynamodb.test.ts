import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SECOND_MS } from '../../lib/runtime/durations.ts';
import { createDynamoDB, TABLE_CALL_TIMEOUT_MS } from '../../lib/runtime/dynamodb/client.ts';

const requestSchema = v.object({ ExclusiveStartTableName: v.picklist(['none', 'half', 'once']) });
let failed = false;
/** How the DynamoDB of these tests answers. A request chooses by name, so all tests share it. */
const ANSWERS = {
  none: () => {},
  half: (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"TableNames":');
  },
  once: (response: ServerResponse) => {
    response.writeHead(failed ? 200 : 500, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(failed ? '{"TableNames":["one"]}' : '{}');
    failed = true;
  },
};

let server: Server;
/** The client that the functions use. */
let db: DynamoDBClient;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { ExclusiveStartTableName } = v.parse(requestSchema, await json(request));
    ANSWERS[ExclusiveStartTableName](response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  db = createDynamoDB();
});

afterAll(() => {
  db.destroy();
  server.closeAllConnections();
  server.close();
  vi.unstubAllEnvs();
});

function ask(ExclusiveStartTableName: keyof typeof ANSWERS) {
  return db.send(new ListTablesCommand({ ExclusiveStartTableName }));
}

it.concurrent.each([
  ['no answer', 'none'],
  ['half an answer', 'half'],
] as const)('gives up in time, with all its retries, when there is %s', async (_, name) => {
  const begun = performance.now();
  await expect(ask(name)).rejects.toThrow(Error);
  expect(performance.now() - begun).toBeLessThan(TABLE_CALL_TIMEOUT_MS + SECOND_MS);
});

it.concurrent('retries a call that failed', async () => {
  expect(await ask('once')).toMatchObject({ TableNames: ['one'] });
});
