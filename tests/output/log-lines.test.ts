import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createServices } from '../../functions/services.ts';
import { reportDelivery } from '../../functions/telemetry.ts';
import { type CapturedOutput, captureOutput } from '../fuzz/output.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, requestWith } from '../in-process/lambda.ts';
import { createMemorySecretStore } from '../in-process/secrets.ts';

const API_KEY = 'key-of-acme';
const REQUEST_ID = '6f0e5c1c-55d4-4f5c-9f2e-0f8a4a4f3f5d';
const SDK = 'analytics-node/3.1.0';
const KEY = { contact: `acme#${'k'.repeat(43)}`, day: '2020-05-31' };

let output: CapturedOutput;
beforeEach(() => {
  output = captureOutput();
});
afterEach(() => {
  output.end();
  vi.unstubAllEnvs();
});

describe('the bytes of logs and metrics', () => {
  it('of a new interaction are at most 700, in one line', async () => {
    const send = await start();
    const lines = await send(identify('ann@example.com'));

    expect(lines).toHaveLength(1);
    expect(bytesOf(lines)).toBeLessThanOrEqual(700);
    expect(read(lines[0])).toMatchObject({
      message: 'accepted',
      function_request_id: REQUEST_ID,
      workspace: 'acme',
      contact: expect.stringMatching(/^acme#/),
      day: '2020-05-31',
      accepted: 1,
    });
  });

  it.each([
    ['a single call', identify('ann@example.com')],
    ['a batch', { batch: [identify('ann@example.com')] }],
  ])('of a duplicate in %s are at most 150, and it has no line of its own', async (_, body) => {
    const send = await start();
    await send(body);
    const lines = await send(body);

    expect(lines).toHaveLength(1);
    expect(bytesOf(lines)).toBeLessThanOrEqual(150);
    expect(metricsIn(lines)).toEqual({ duplicate: 1 });
    expect(read(lines[0])).not.toHaveProperty('message');
  });

  it.each([
    ['new', (n: number) => identify(`contact-${n}@example.com`)],
    ['rejected', (n: number) => identify(`contact-${n}`)],
    ['all different', (n: number) => (n % 2 === 0 ? { type: 'track' } : identify(`${n}`))],
  ])('of a batch of 1,000 that are %s are at most 1,500', async (_, event) => {
    const send = await start();
    const lines = await send({ batch: Array.from({ length: 1000 }, (_each, n) => event(n)) });

    expect(lines).toHaveLength(1);
    expect(bytesOf(lines)).toBeLessThanOrEqual(1500);
  });

  it('of a delivery are at most 700, in one line', () => {
    reportDelivery(KEY, {
      status: 'retrying',
      error: 'http 503',
      natMs: 1234,
      waitedMs: 86_400_000,
    });
    const [line, ...others] = output.take().trim().split('\n');

    expect(others).toEqual([]);
    expect(Buffer.byteLength(line ?? '')).toBeLessThanOrEqual(700);
    expect(read(line)).toMatchObject({ message: 'retrying', ...KEY, error: 'http 503' });
    expect(metricsIn([line])).toEqual({ retrying: 1, natLatency: 1234, oldestUndelivered: 86_400 });
  });
});

describe('the metrics', () => {
  it('count results, the formats of accepted events, and the codes of rejections', async () => {
    const send = await start();
    const topLevel = {
      type: 'identify',
      timestamp: '2020-05-31T17:55:47Z',
      email: 'bob@example.com',
    };
    const lines = await send([
      identify('ann@example.com'),
      identify('ann@example.com'),
      topLevel,
      identify('nobody@'),
      { ...identify('cyd@example.com'), timestamp: 'yesterday' },
      { type: 'track' },
    ]);

    expect(metricsIn(lines)).toEqual({
      accepted: 2,
      duplicate: 1,
      rejected: 2,
      ignored: 1,
      format_recommended: 1,
      format_top_level: 1,
      rejected_email_invalid: 1,
      rejected_timestamp_invalid: 1,
    });
    expect(metricsIn(await send({ type: 'track' }))).toEqual({
      rejected: 1,
      rejected_type_not_identify: 1,
    });
  });

  it('of a dry run are none', async () => {
    const send = await start();
    const lines = await send({ type: 'track' }, { query: { dryRun: 'true' } });

    expect(metricsIn(lines)).toEqual({});
  });

  it('have the units of times', () => {
    reportDelivery(KEY, { status: 'retrying', natMs: 12, waitedMs: 34_000 });

    expect(output.take()).toContain(
      '"Metrics":[{"Name":"retrying"},{"Name":"natLatency","Unit":"Milliseconds"},{"Name":"oldestUndelivered","Unit":"Seconds"}]',
    );
  });

  it.each(['WARN', 'ERROR'] as const)(
    'are printed at %s too, so that Lambda passes them',
    async (level) => {
      const send = await start({ level });
      const lines = await send(identify('ann@example.com'));

      expect(metricsIn(lines)).toEqual({ accepted: 1, format_recommended: 1 });
      expect(read(lines[0])).toMatchObject({ level });
      expect(read(lines[0])).not.toHaveProperty('message');
    },
  );
});

describe('a request with duplicates only', () => {
  it.each([
    ['DEBUG', 0],
    ['INFO', 1],
  ] as const)('is logged at %s with a rate of %s', async (level, ROUTINE_LOG_RATE) => {
    const send = await start({ level, ROUTINE_LOG_RATE });
    await send(identify('ann@example.com'));
    const lines = await send(identify('ann@example.com'));

    expect(lines.map((line) => read(line).message)).toEqual(['duplicate']);
    expect(metricsIn(lines)).toEqual({ duplicate: 1 });
  });
});

describe('the log line of a rejection', () => {
  it('has code, field, message and SDK, and of a batch each rejected event', async () => {
    const send = await start();
    const [single] = await send(identify('nobody@'), { agent: 'analytics-python/2.3.3 (details)' });
    expect(read(single)).toMatchObject({
      message: 'rejected',
      workspace: 'acme',
      code: 'email_invalid',
      field: 'traits.email',
      reason: expect.stringContaining('one email address'),
      sdk: 'analytics-python/2.3.3',
    });

    const [batch] = await send([
      identify('ann@example.com'),
      identify('nobody@'),
      { type: 'track' },
      { ...identify('cyd@example.com'), timestamp: 'x' },
    ]);
    expect(read(batch)).toMatchObject({
      message: 'batch',
      rejected: 2,
      rejections: [
        { index: 1, code: 'email_invalid' },
        { index: 3, code: 'timestamp_invalid' },
      ],
    });
  });

  it.each([
    'peter@example.com',
    'peter@example.com/1',
    'Peter Smith/1',
    'https://example.com/x',
    '',
  ])('has no user agent that is no software with a version: "%s"', async (agent) => {
    const send = await start();
    const [line] = await send({}, { agent });
    expect(read(line).message).toBe('rejected');
    expect(read(line)).not.toHaveProperty('sdk');
  });
});

describe('the trace of a sender', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

  it.each([
    ['an accepted event', identify('ann@example.com')],
    ['a rejected event', identify('ann')],
    ['a batch', { batch: [identify('bob@example.com')] }],
  ])('is in the log line of %s', async (_what, body) => {
    const send = await start();
    const lines = await send(body, { traceparent });
    expect(lines.map((line) => read(line).traceId)).toEqual([traceId]);
  });

  it('is in the log line of a request that fails', async () => {
    const send = await start({ failing: true });
    const lines = await send(identify('ann@example.com'), { traceparent });
    expect(lines.map(read)).toMatchObject([{ message: 'failed', traceId }]);
  });

  it('is not in a log line if its header is not valid', async () => {
    const send = await start();
    const [line] = await send(identify('ann@example.com'), { traceparent: `${traceparent}-` });
    expect(read(line)).not.toHaveProperty('traceId');
  });

  it.each([
    ['delivered', async () => ({ status: 'delivered' as const })],
    ['delivery failed', () => Promise.reject(new Error('the ledger fails'))],
  ])('is in the log line of a delivery: %s', async (message, deliverPending) => {
    const { createHandler } = await import('../../functions/deliver.ts');
    const delivery = { deliverPending, putOff: deliverPending, redeliver: deliverPending };
    const event = { M: { traceparent: { S: traceparent } } };
    const Keys = { contact: { S: KEY.contact }, day: { S: KEY.day } };
    const record = { eventID: '1', dynamodb: { Keys, NewImage: { event }, SequenceNumber: '1' } };
    await createHandler(() => delivery)(
      { Records: [record] },
      contextWith('deliver', REQUEST_ID, () => 60_000),
    );
    const lines = output.take().trim().split('\n').map(read);
    expect(lines).toMatchObject([{ message: expect.stringContaining(message), traceId, ...KEY }]);
  });
});

interface SendOptions {
  agent?: string;
  traceparent?: string;
  query?: Record<string, string>;
}

/** Starts the function with one workspace. What is returned sends a request and gives its lines. */
async function start({ level = 'INFO', ROUTINE_LOG_RATE = 0, failing = false } = {}) {
  // As Lambda tells a function which lines it passes on.
  vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', level);
  vi.resetModules();
  const { createHandler } = await import('../../functions/identify.ts');
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  let fails = false;
  const db = createInProcessClient(async (operation, input) => {
    if (fails) throw new Error('unreachable');
    return database.execute(operation, input);
  });
  const config = { ...CONFIG, ROUTINE_LOG_RATE };
  const services = createServices(config, db, createMemorySecretStore());
  const handler = createHandler(() => services);
  const workspace = { workspace: 'acme', name: 'Acme', apiKey: API_KEY };
  await createInProcessOperator(db).run({ command: 'workspace.add', ...workspace });
  fails = failing;
  return async (body: unknown, { agent = SDK, query = {}, traceparent }: SendOptions = {}) => {
    output.take();
    const headers = {
      ...{ authorization: `Bearer ${API_KEY}`, 'user-agent': agent },
      ...(traceparent !== undefined && { traceparent }),
    };
    const request = { routeKey: 'POST /v1/identify', headers, body: JSON.stringify(body) };
    await handler(
      requestWith({ ...request, queryStringParameters: query }),
      contextWith('identify', REQUEST_ID, () => 28_000),
    );
    return output.take().split('\n').filter(Boolean);
  };
}

function identify(email: string) {
  const timestamp = '2020-05-31T17:55:47.263Z';
  return { type: 'identify', timestamp, traits: { email }, userId: 'ann' };
}

function bytesOf(lines: string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(`${line}\n`), 0);
}

/** Reads the metrics of lines as CloudWatch does. */
function metricsIn(lines: (string | undefined)[]): Record<string, number> {
  const values = lines.map(read).flatMap((line) => {
    const directives: { Metrics: { Name: string }[] }[] = line._aws?.CloudWatchMetrics ?? [];
    return directives.flatMap(({ Metrics }) => Metrics.map(({ Name }) => [Name, line[Name]]));
  });
  return Object.fromEntries(values);
}

function read(line = '{}') {
  return JSON.parse(line);
}
