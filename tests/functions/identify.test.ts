import { describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/identify.ts';
import { createServices } from '../../functions/services.ts';
import { UNAVAILABLE } from '../../lib/intake/response.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, requestWith } from '../in-process/lambda.ts';
import { createMemorySecretStore } from '../in-process/secrets.ts';

const apiKey = 'key-of-acme';

/** The function over a ledger whose writes can be made to fail. */
async function start() {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const faults = {
    failing: (_operation: string, _input: object) => false,
    delay: (_operation: string, _input: object): Promise<unknown> | undefined => undefined,
  };
  const operations: string[] = [];
  const db = createInProcessClient(async (operation, input) => {
    operations.push(operation);
    if (faults.failing(operation, input)) throw new Error('unreachable');
    await faults.delay(operation, input);
    return database.execute(operation, input);
  });
  const container = () => {
    const services = createServices(CONFIG, db, createMemorySecretStore());
    return createHandler(() => services);
  };
  const operator = createInProcessOperator(db);
  await operator.run({ command: 'workspace.add', workspace: 'acme', name: 'Acme', apiKey });
  const send = async (
    body: unknown,
    options: { key?: string; agent?: string; handler?: typeof handler } = {},
  ) => {
    const headers = {
      authorization: `Bearer ${options.key ?? apiKey}`,
      'user-agent': options.agent ?? 'test',
    };
    const request = requestWith({
      routeKey: 'POST /v1/batch',
      headers,
      body: JSON.stringify(body),
    });
    const context = contextWith('identify', '1', () => 28_000);
    const { statusCode, body: text = '' } = await (options.handler ?? handler)(request, context);
    return { statusCode, body: JSON.parse(text) };
  };
  const handler = container();
  const ledger = async () => {
    const { body } = await database.execute('Scan', { TableName: TABLES.Interactions });
    return (body as { Items: unknown[] }).Items;
  };
  return { send, container, faults, operations, ledger };
}

function event(name: string, more: object = {}): object {
  const email = `${name}@example.com`;
  return { type: 'identify', timestamp: '2020-05-31T17:55:47Z', traits: { email }, ...more };
}

describe('a ledger that fails midway', () => {
  const batch = Array.from({ length: 200 }, (_, n) => event(`contact-${n}`));

  it('answers 503 to the whole batch, and duplicate for what was written when it is sent again', async () => {
    const { send, container, faults, ledger } = await start();
    const written = 100;
    let calls = 0;
    faults.failing = (operation) => operation === 'BatchExecuteStatement' && ++calls > 4;
    expect(await send(batch)).toEqual({ statusCode: 503, body: UNAVAILABLE });
    await vi.waitFor(async () => expect(await ledger()).toHaveLength(written));

    faults.failing = () => false;
    for (const handler of [undefined, container()]) {
      const { statusCode, body } = await send(batch, handler && { handler });
      const statuses = body.results.map(({ status }: { status: string }) => status);
      const again = handler === undefined ? written : batch.length;
      expect(statuses.filter((status: string) => status === 'duplicate')).toHaveLength(again);
      expect(statusCode).toBe(200);
    }
    expect(await ledger()).toHaveLength(batch.length);
  });

  it('answers 503 to whom it cannot look up, and takes the same key when it can', async () => {
    const { send, faults } = await start();
    faults.failing = (operation) => operation === 'GetItem';
    expect((await send(event('ann'))).statusCode).toBe(503);
    faults.failing = () => false;
    expect((await send(event('ann'))).statusCode).toBe(200);
  });
});

it.each([null, 'text', 5, [null]])('tells that %j is JSON, but no event', async (body) => {
  const { send } = await start();
  const answer = await send(body);
  const [result = answer.body] = answer.body.results ?? [];
  expect(answer.statusCode).toBe(400);
  expect(result.code).toBe('event_not_object');
});

describe('a ledger that hangs', () => {
  const neverAnswers = () => new Promise<never>(() => {});

  it.each([
    ['GetItem', TABLES.Workspaces],
    ['GetItem', TABLES.Interactions],
    ['PutItem', TABLES.Interactions],
  ])('lets a single call be answered 503 within 5 s: %s of %s', async (hanging, table) => {
    const { send, faults } = await start();
    faults.delay = (operation, input) =>
      operation === hanging && 'TableName' in input && input.TableName === table
        ? neverAnswers()
        : undefined;
    vi.useFakeTimers();
    const answer = send(event('ann'));
    await vi.advanceTimersByTimeAsync(4999);
    expect(await answer).toEqual({ statusCode: 503, body: UNAVAILABLE });
    vi.useRealTimers();
  });

  it('lets a batch of slow writes be answered 503 within 10 s, and finished when sent again', async () => {
    const { send, faults, ledger } = await start();
    const batch = Array.from({ length: 1000 }, (_, n) => event(`contact-${n}`));
    vi.useFakeTimers();
    faults.delay = (operation) =>
      operation === 'BatchExecuteStatement'
        ? new Promise((resolve) => setTimeout(resolve, 2500))
        : undefined;
    const answer = send(batch);
    await vi.advanceTimersByTimeAsync(9999);
    expect((await answer).statusCode).toBe(503);
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    const written = (await ledger()).length;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(batch.length);

    faults.delay = () => undefined;
    const { statusCode, body } = await send(batch);
    expect(statusCode).toBe(200);
    expect(
      body.results.filter(({ status }: { status: string }) => status === 'accepted'),
    ).toHaveLength(batch.length - written);
  });
});

describe('a wrong key', () => {
  it('costs two look-ups, then nothing for seconds, however often it comes and whatever comes with it', async () => {
    const { send, operations } = await start();
    operations.length = 0;
    const flood = Array.from({ length: 50 }, () => send(event('ann'), { key: 'wrong-key' }));
    for (const { statusCode } of await Promise.all(flood)) expect(statusCode).toBe(401);
    expect(operations).toEqual(['GetItem', 'GetItem']);
  });

  it('is told from a good one without disturbing it', async () => {
    const { send, operations } = await start();
    await send(event('ann'));
    for (let n = 0; n < 20; n += 1) await send({}, { key: `wrong-key-${n}` });
    operations.length = 0;
    expect((await send(event('ann'))).statusCode).toBe(200);
    expect(operations).toEqual([]);
  });
});
