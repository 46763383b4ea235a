import { createHook } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientSettings } from '../../lib/runtime/aws-client.ts';
import { createDynamoDB } from '../../lib/runtime/dynamodb/client.ts';
import { createSecretsManager } from '../../lib/runtime/secrets-manager.ts';

let server: Server;
let url: string;
let headers: string[] = [];
/** How many asynchronous calls of the file system were begun. */
let fileCalls = 0;
const fileHook = createHook({
  init(_id, type) {
    if (type.startsWith('FSREQ')) fileCalls += 1;
  },
});

beforeAll(async () => {
  server = createServer((request, response) => {
    headers = Object.keys(request.headers);
    response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  // The SDK reads a file once, so each test has a file of its own. It need not be there.
  vi.stubEnv('AWS_CONFIG_FILE', join(tmpdir(), randomUUID()));
  fileCalls = 0;
  fileHook.enable();
});

afterEach(() => {
  fileHook.disable();
  vi.unstubAllEnvs();
});

describe('a client of the functions', () => {
  const askDynamoDB = () => createDynamoDB().send(new ListTablesCommand());
  const askSecretsManager = () =>
    createSecretsManager().send(new GetSecretValueCommand({ SecretId: 'contacts' }));

  it.each([
    ['DynamoDB', 'AWS_ENDPOINT_URL_DYNAMODB', askDynamoDB],
    ['DynamoDB', 'AWS_ENDPOINT_URL', askDynamoDB],
    ['Secrets Manager', 'AWS_ENDPOINT_URL_SECRETS_MANAGER', askSecretsManager],
    ['Secrets Manager', 'AWS_ENDPOINT_URL', askSecretsManager],
  ])('of %s goes to %s, and reads no file of a user', async (_service, variable, ask) => {
    vi.stubEnv(variable, url);
    expect(await ask()).toMatchObject({ $metadata: { httpStatusCode: 200 } });
    expect(fileCalls).toBe(0);
    expect(headers).not.toContain('user-agent');
  });

  it('prefers the address of its own service', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', url);
    expect(await askDynamoDB()).toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });

  it('is unlike one of the SDK, which reads such files', async () => {
    await new DynamoDBClient({ endpoint: url }).send(new ListTablesCommand());
    expect(fileCalls).toBeGreaterThan(0);
  });

  it('goes to AWS, and looks for no other address, if no variable says otherwise', () => {
    const settings = clientSettings('DYNAMODB', {});
    expect(settings).toMatchObject({ ignoreConfiguredEndpointUrls: true });
    expect(settings).not.toHaveProperty('endpoint');
  });
});
