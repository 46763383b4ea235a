import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CapturedOutput, captureOutput } from '../fuzz/output.ts';
import { contextWith, messagesWith, requestWith } from '../in-process/lambda.ts';

const CANARY = 'canary@aviary.example';
/** Whatever is left of the address would be a leak, too. */
const LEAK = /canary|aviary/i;

const record = {
  eventID: '1',
  dynamodb: { Keys: { contact: { S: 'acme#1' }, day: { S: '2020-05-31' } } },
};
/** Each has another key, because a container remembers an unknown key. */
const identifyRequest = () =>
  requestWith({
    routeKey: 'POST /v1/identify',
    headers: { authorization: `Bearer ${randomUUID()}` },
    body: '{}',
  });
const healthRequest = {
  ...requestWith({ routeKey: 'GET /v1/health', headers: {} }),
  queryStringParameters: { deep: '' },
};

const sweep = JSON.stringify({ sweep: { acceptedUntil: '2020-05-31T17:55:47Z' } });

/** Each function with what makes it call AWS. */
const INVOCATIONS: [string, string, () => unknown][] = [
  ['identify', 'a request', identifyRequest],
  ['identify', 'the health check', () => healthRequest],
  ['deliver', 'a record', () => ({ Records: [record] })],
  ['redeliver', 'a run', () => ({})],
  ['recover', 'a message', () => messagesWith(sweep)],
  ['operate', 'a command', () => ({ command: 'workspace.list' })],
];

type Answer = [status: number, body: string, headers?: Record<string, string>];

const exception = (fields: object) => JSON.stringify({ __type: 'Any#ThingException', ...fields });

/** What AWS never answers, and a broken proxy, cache or kernel may. */
const ANSWERS: Record<string, Answer> = {
  'an item that ends in the middle': [200, `{"Item":{"id":{"S":"${CANARY}`],
  'an address instead of JSON': [200, CANARY],
  'an address instead of an item': [200, JSON.stringify({ Item: CANARY, Items: CANARY })],
  'an address instead of a type': [
    200,
    JSON.stringify({ Item: { a: { [CANARY]: '' } }, Items: [{ a: { [CANARY]: '' } }] }),
  ],
  'an error about an address': [400, exception({ message: CANARY, email: CANARY, code: CANARY })],
  'an error that has the name of an address': [400, JSON.stringify({ __type: CANARY })],
  'an error with a stack of its own': [
    400,
    exception({ message: `a\n    at ${CANARY} (/${CANARY}:1:1)\n    at ${CANARY}/x:1:1` }),
  ],
  'an error with an address for its request': [
    400,
    exception({}),
    { 'x-amzn-requestid': encodeURIComponent(CANARY) },
  ],
  'a page with an address': [500, `<html>${CANARY}</html>`],
};

let answer: Answer = [200, '{}'];
let aws: Server;
let output: CapturedOutput;

beforeAll(async () => {
  aws = createServer((request, response) => {
    request.resume();
    request.on('end', () => respond(response, String(request.headers['x-amz-target'])));
  });
  aws.listen(0, '127.0.0.1');
  await once(aws, 'listening');
  const address = aws.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  const url = `http://127.0.0.1:${address.port}`;
  const env = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_ENDPOINT_URL: url,
    INTERACTIONS_TABLE: 'interactions',
    WORKSPACES_TABLE: 'workspaces',
    CONTACTS_SECRET: 'contacts',
    NAT_KEYS_SECRET: 'nat-keys',
    SIGNATURES_SECRET: 'signatures',
    NAT_API_URL: 'https://nat.example/identify',
    UNDELIVERED_QUEUE_URL: `${url}/1/undelivered`,
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  const closed = once(aws, 'close');
  aws.close();
  aws.closeAllConnections();
  await closed;
});

beforeEach(() => {
  output = captureOutput();
});
afterEach(() => output.end());

function respond(response: ServerResponse, target: string): void {
  const isSecret = target.startsWith('secretsmanager.');
  const secret: Answer = [200, JSON.stringify({ VersionId: '1', SecretString: 's'.repeat(64) })];
  const [status, body, headers] = isSecret ? secret : answer;
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers })
    .end(body);
}

/** Invokes a function. @returns its answer, or what Lambda logs of the error that it threw */
async function invoke(name: string, event: unknown): Promise<string> {
  const { handler }: { handler: (event: unknown, context: Context) => Promise<unknown> } =
    await import(`../../functions/${name}.ts`);
  try {
    return JSON.stringify(
      await handler(
        event,
        contextWith(name, '1', () => 60_000),
      ),
    );
  } catch (error) {
    return inspect(error, { depth: 20, showHidden: true });
  }
}

describe.each(INVOCATIONS)('%s, for %s', (name, _what, makeEvent) => {
  it.each(Object.entries(ANSWERS))('logs and tells no address of %s', async (_answer, given) => {
    answer = given;
    const told = await invoke(name, makeEvent());
    expect(`${told}\n${output.take()}`).not.toMatch(LEAK);
  });

  it('logs the name, the status and the request id of an error of AWS, and where it was', async () => {
    answer = [400, exception({ message: CANARY }), { 'x-amzn-requestid': 'REQUEST-1' }];
    await invoke(name, makeEvent());
    const line = JSON.parse(
      output
        .take()
        .split('\n')
        .find((text) => text.includes('"ERROR"')) ?? '{}',
    );
    expect(line.error).toMatchObject({
      name: 'ThingException',
      status: 400,
      requestId: 'REQUEST-1',
      stack: expect.stringMatching(/^ {4}at .+:\d+:\d+\)?(?:\n {4}at .+:\d+:\d+\)?)*$/),
    });
    expect(Object.keys(line.error).sort()).toEqual(['name', 'requestId', 'stack', 'status']);
  });
});
