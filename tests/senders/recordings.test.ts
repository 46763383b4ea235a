import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { createHandler } from '../../functions/identify.ts';
import { createServices } from '../../functions/services.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, requestWith } from '../in-process/lambda.ts';
import { createMemorySecretStore } from '../in-process/secrets.ts';
import { RECORDINGS, type Recording, recordingFile } from './record.ts';
import { SDKS } from './sdks.ts';

/** Calls that have no timestamp. Nat's page requires one. */
const SINGLE_WITHOUT_TIMESTAMP = 'segment-rust-0.2.6-single.json';
const files = readdirSync(RECORDINGS);

beforeEach(() => {
  // All recordings have this time, so their clocks are right.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-24T08:00:01Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

it('has a recording of each SDK that is tried', () => {
  expect(files.sort()).toEqual([SINGLE_WITHOUT_TIMESTAMP, ...SDKS.map(recordingFile)].sort());
});

it.each(files.filter((file) => file !== SINGLE_WITHOUT_TIMESTAMP))(
  'accepts the identify of %s, and ignores the track',
  async (file) => {
    const { send, interactions } = await start();
    const responses = [];
    for (const recording of readRecordings(file)) responses.push(await send(recording));
    expect(responses.map(({ statusCode }) => statusCode)).toEqual(responses.map(() => 200));
    expect(responses.flatMap(({ body }) => body.results)).toMatchObject([
      { status: 'accepted' },
      { status: 'ignored', code: 'type_not_identify' },
    ]);
    expect(await interactions()).toMatchObject([
      {
        day: '2026-11-24',
        event: {
          email: 'someone@example.com',
          timestamp: expect.stringMatching(/^2026-11-24T08:00:00\.\d{3}Z$/),
          description: 'https://example.com/welcome',
        },
      },
    ]);
  },
);

it(`rejects the single call of ${SINGLE_WITHOUT_TIMESTAMP} for its missing timestamp alone`, async () => {
  const { send } = await start();
  const [recording] = readRecordings(SINGLE_WITHOUT_TIMESTAMP);
  if (recording === undefined) throw new Error('the recording is empty');
  expect(await send(recording)).toMatchObject({
    statusCode: 400,
    body: { code: 'timestamp_missing' },
  });
});

const recordingsSchema = v.array(
  v.object({ path: v.string(), headers: v.record(v.string(), v.string()), body: v.string() }),
);

function readRecordings(file: string): Recording[] {
  return v.parse(recordingsSchema, JSON.parse(readFileSync(new URL(file, RECORDINGS), 'utf8')));
}

/** The function with an empty ledger, and the workspace whose key the recordings have. */
async function start() {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const db = createInProcessClient((operation, input) => database.execute(operation, input));
  const services = createServices(CONFIG, db, createMemorySecretStore());
  const handler = createHandler(() => services);
  await createInProcessOperator(db).run({
    command: 'workspace.add',
    workspace: 'local',
    name: 'Local',
    apiKey: LOCAL_API_KEY,
  });
  return {
    send: async ({ path, headers, body }: Recording) => {
      const request = {
        ...requestWith({ routeKey: `POST ${path}`, headers }),
        ...(headers['content-encoding'] === 'gzip'
          ? { body: gzipSync(body).toString('base64'), isBase64Encoded: true }
          : { body }),
      };
      const context = contextWith('identify', '1', () => 28_000);
      const { statusCode, body: answer = '' } = await handler(request, context);
      return { statusCode, body: JSON.parse(answer) };
    },
    interactions: async () => {
      const { body } = await database.execute('Scan', { TableName: TABLES.Interactions });
      return (body as { Items: Parameters<typeof unmarshall>[0][] }).Items.map((item) =>
        unmarshall(item),
      );
    },
  };
}
