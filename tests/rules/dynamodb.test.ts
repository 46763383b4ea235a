import { createServer, type Server, type ServerResponse } from 'node:http';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, it, vi } from 'vitest';
import { createDynamoDB, TABLE_CALL_MS } from '../../lib/dynamodb.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  vi.unstubAllEnvs();
});

/** The client that is deployed, with a DynamoDB that answers so. */
async function clientOf(answer: (response: ServerResponse) => void) {
  server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  return createDynamoDB();
}

it.each([
  ['no answer', () => {}],
  [
    'half an answer',
    (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"TableNames":');
    },
  ],
])('gives up in its time, all tries included, on %s', async (_, answer) => {
  const db = await clientOf(answer);
  const begun = performance.now();
  await expect(db.send(new ListTablesCommand())).rejects.toThrow(Error);
  expect(performance.now() - begun).toBeLessThan(TABLE_CALL_MS + 1000);
  db.destroy();
});

it('tries again what failed at once', async () => {
  let calls = 0;
  const db = await clientOf((response) => {
    calls += 1;
    response.writeHead(calls === 1 ? 500 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(calls === 1 ? '{}' : '{"TableNames":["one"]}');
  });
  expect(await db.send(new ListTablesCommand())).toMatchObject({ TableNames: ['one'] });
  db.destroy();
});
