import { randomUUID } from 'node:crypto';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler as createDeliver } from '../../functions/deliver.ts';
import { createHandler as createRecover } from '../../functions/recover.ts';
import { createHandler as createRedeliver } from '../../functions/redeliver.ts';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import type { Nat } from '../../lib/delivery/nat.ts';
import { createRecovery, MAX_PAGE_MS, type Recovery } from '../../lib/delivery/recovery.ts';
import type { InteractionKey } from '../../lib/ledger/entry.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createStreamReader } from '../../lib/ledger/stream.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { TABLES } from '../../offline/database.ts';
import { contextWith, messagesWith } from '../in-process/lambda.ts';
import { secretSource } from '../in-process/secrets.ts';
import { createInProcessStream, type InProcessStream } from '../in-process/stream.ts';
import { embeddedTables, existing } from './embedded.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const SQS_MAX_DELAY_SECONDS = 900;
const day = '2020-05-31';
const event = { email: 'peter@example.com', timestamp: `${day}T12:00:00Z`, description: 'x' };
const tables = embeddedTables();

let stream: InProcessStream;
/** The messages that recovery sent to its queue and that were not taken yet. */
let queue: { message: string; visibleAt: number }[];
let recovery: Recovery;
/** How many pages of the table were read. */
let scans: number;
let workspace: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  stream = createInProcessStream();
  queue = [];
  scans = 0;
  recovery = newContainer();
  workspace = `w-${randomUUID()}`;
  await tables().operator.run({ command: 'workspace.add', workspace, name: 'Acme' });
  tables().db.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'ScanCommand') scans += 1;
        return next(args);
      },
    { name: 'countScans', step: 'initialize' },
  );
});

afterEach(() => {
  tables().db.middlewareStack.remove('countScans');
  tables().db.middlewareStack.remove('fault');
  vi.useRealTimers();
});

function newContainer(): Recovery {
  return createRecovery({
    repairs: createRepairs(tables().db, TABLES.Interactions),
    readStream: createStreamReader(stream.client),
    send: async (message, delaySeconds) => {
      expect(delaySeconds).toBeLessThanOrEqual(SQS_MAX_DELAY_SECONDS);
      queue.push({ message, visibleAt: Date.now() + delaySeconds * SECOND_MS });
    },
  });
}

/** Accepts interactions of as many contacts, and writes their records to the stream. */
async function accept(count: number): Promise<InteractionKey[]> {
  const keys: InteractionKey[] = [];
  for (let made = 0; made < count; made += 1) {
    const key = { contact: `${workspace}#${randomUUID()}`, day };
    await tables().ledger.accept(key, event, Date.now());
    stream.append(key, 'pending');
    keys.push(key);
  }
  return keys;
}

/** Fails some calls of a kind to the table, or does something before each of them. */
function onCall(commands: string | string[], fault: (input: object) => void): void {
  tables().db.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== undefined && commands.includes(commandName)) fault(args.input);
        return next(args);
      },
    { name: 'fault', step: 'initialize' },
  );
}

function recover(message: string, remainingMs = MINUTE_MS) {
  return recovery.recover(message, () => remainingMs);
}

/** Takes the messages of the queue as they become visible, until there are none. */
async function emptyQueue(remainingMs = MINUTE_MS) {
  const results = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    vi.setSystemTime(Math.max(Date.now(), next.visibleAt));
    results.push(await recover(next.message, remainingMs));
  }
  return results;
}

async function read(key: InteractionKey) {
  return existing(tables().ledger.read(key));
}

async function statusesOf(keys: InteractionKey[]): Promise<string[]> {
  return Promise.all(keys.map(async (key) => (await read(key)).status));
}

describe('an outage of the table', () => {
  it('of fifteen seconds leaves none of 40 accepted interactions pending', async () => {
    const keys = await accept(40);
    const sent = new Set<string>();
    const nat: Nat = async ({ idempotencyKey }) => {
      sent.add(idempotencyKey);
      return { verdict: 'accepted' };
    };
    const { ledger, workspaces } = tables();
    const delivery = createDelivery({ ledger, workspaces, secrets: secretSource, nat });

    // For as long as the stream tries, no call to the table works.
    onCall(['GetItemCommand', 'UpdateItemCommand'], () => {
      throw new Error('the table cannot be reached');
    });
    const Records: DynamoDBRecord[] = keys.map(({ contact }, number) => ({
      dynamodb: {
        Keys: { contact: { S: contact }, day: { S: day } },
        SequenceNumber: String(number),
      },
    }));
    const context = contextWith('any', '1', () => MINUTE_MS);
    const { batchItemFailures } = await createDeliver(() => delivery)({ Records }, context);
    expect(batchItemFailures).toHaveLength(40);
    tables().db.middlewareStack.remove('fault');
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['pending']));

    vi.setSystemTime(NOW + 15 * SECOND_MS);
    const messages = messagesWith(stream.failureMessage(0, 24), stream.failureMessage(25, 39));
    await createRecover(() => recovery)(messages, context);
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
    expect(queue).toEqual([]);
    expect(scans).toBe(0);

    vi.setSystemTime(NOW + MINUTE_MS);
    await createRedeliver(() => ({ ledger, delivery }))({}, context);
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['delivered']));
    expect(sent.size).toBe(40);
  });
});

describe('what the stream gave up', () => {
  it('becomes due, ten in a second, with a whole retry window', async () => {
    const keys = await accept(25);
    vi.setSystemTime(NOW + MINUTE_MS);
    expect(await recover(stream.failureMessage())).toEqual({ recovered: 25 });
    const entries = await Promise.all(keys.map(read));
    const seconds = entries
      .map(({ dueAt = '' }) => Math.floor((Date.parse(dueAt) - Date.now()) / SECOND_MS))
      .sort();
    expect([0, 1, 2].map((at) => seconds.filter((second) => second === at).length)).toEqual([
      10, 10, 5,
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject({ status: 'retrying', attempts: 0, event });
      expect(entry.queue).toMatch(/^retry#/);
      expect(Date.parse(entry.retryWindowStartsAt ?? '')).toBeGreaterThanOrEqual(Date.now());
    }
  });

  it('keeps its pace over many messages', async () => {
    const keys = await accept(40);
    for (const first of [0, 20]) await recover(stream.failureMessage(first, first + 19));
    const dueTimes = (await Promise.all(keys.map(read))).map(({ dueAt = '' }) => dueAt);
    expect(new Set(dueTimes).size).toBe(40);
    expect(Date.parse(dueTimes.sort().at(-1) ?? '') - NOW).toBe(3900);
  });

  it('is left alone if it was settled in the meantime', async () => {
    const [delivered, dead, pending] = await accept(3);
    if (!delivered || !dead || !pending) throw new Error('not accepted');
    const { ledger } = tables();
    await ledger.settle(await read(delivered), { status: 'delivered' }, Date.now());
    await ledger.settle(await read(dead), { status: 'dead', error: 'status 400' }, Date.now());
    expect(await recover(stream.failureMessage())).toEqual({ recovered: 1 });
    expect(await statusesOf([delivered, dead, pending])).toEqual(['delivered', 'dead', 'retrying']);
  });

  it('is only what the message names: earlier and later records are still on their way', async () => {
    const keys = await accept(8);
    expect(await recover(stream.failureMessage(2, 4))).toEqual({ recovered: 3 });
    const named = (await statusesOf(keys)).map((status) => status === 'retrying');
    expect(named).toEqual([false, false, true, true, true, false, false, false]);
  });

  it('comes to the same end when its message comes twice', async () => {
    const keys = await accept(2);
    await recover(stream.failureMessage());
    const before = await Promise.all(keys.map(read));
    expect(await recover(stream.failureMessage())).toEqual({ recovered: 0 });
    expect(await Promise.all(keys.map(read))).toEqual(before);
  });

  it('is recovered by the next try if the table fails half-way', async () => {
    const keys = await accept(10);
    let writes = 0;
    onCall('UpdateItemCommand', () => {
      writes += 1;
      if (writes === 5) throw new Error('the table cannot be reached');
    });
    await expect(recover(stream.failureMessage())).rejects.toThrow('cannot be reached');
    await recover(stream.failureMessage());
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
  });
});

describe('a stream that cannot be read', () => {
  it('leaves the message in the queue', async () => {
    const keys = await accept(3);
    const readStream = () => Promise.reject(new Error('the stream cannot be reached'));
    const repairs = createRepairs(tables().db, TABLES.Interactions);
    const send = () => Promise.reject(new Error('nothing is to be sent'));
    const { recover } = createRecovery({ repairs, readStream, send });
    await expect(recover(stream.failureMessage(), () => MINUTE_MS)).rejects.toThrow(
      'the stream cannot be reached',
    );
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['pending']));
  });
});

describe('what the stream has forgotten', () => {
  it('is found by a sweep at once, if it is pending for over an hour', async () => {
    const old = await accept(5);
    vi.setSystemTime(NOW + 25 * HOUR_MS);
    const message = stream.failureMessage();
    stream.trim();
    const young = await accept(5);
    expect(await recover(message)).toEqual({ recovered: 0, sweep: 'started' });
    expect(queue).toMatchObject([{ visibleAt: Date.now() }]);
    expect(await emptyQueue()).toMatchObject([{ sweep: 'done' }]);
    expect(new Set(await statusesOf(old))).toEqual(new Set(['retrying']));
    expect(new Set(await statusesOf(young))).toEqual(new Set(['pending']));
  });

  it('waits until nothing of it can be on its way any more', async () => {
    const keys = await accept(3);
    const message = stream.failureMessage();
    stream.trim();
    vi.setSystemTime(NOW + MINUTE_MS);
    expect(await recover(message)).toEqual({ recovered: 0, sweep: 'started' });
    const results = await emptyQueue();
    expect(results.map(({ sweep }) => sweep)).toEqual([...Array(3).fill('waiting'), 'done']);
    expect(Date.now() - NOW).toBeGreaterThanOrEqual(HOUR_MS);
    expect(Date.now() - NOW).toBeLessThan(HOUR_MS + MINUTE_MS);
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
  });

  it('is all found, however far apart it was accepted', async () => {
    const keys = await accept(1);
    vi.setSystemTime(NOW + 50 * MINUTE_MS);
    keys.push(...(await accept(1)));
    const message = stream.failureMessage();
    stream.trim();
    await recover(message);
    await emptyQueue();
    expect(await statusesOf(keys)).toEqual(['retrying', 'retrying']);
  });

  it.each(['', 'not JSON', '{}', '{"DDBStreamBatchInfo": {"streamArn": "arn"}}', '{"sweep": 1}'])(
    'may be anything, if the message cannot be read: %j',
    async (message) => {
      vi.setSystemTime(NOW + MINUTE_MS);
      const keys = await accept(2);
      expect(await recover(message)).toEqual({ recovered: 0, sweep: 'started' });
      await emptyQueue();
      expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
      expect(Date.now() - NOW).toBeLessThanOrEqual(2 * HOUR_MS + SECOND_MS);
    },
  );

  it('needs one sweep, however many messages are about it', async () => {
    for (let minute = 0; minute < 6; minute += 1) {
      vi.setSystemTime(NOW + minute * MINUTE_MS);
      await accept(1);
    }
    vi.setSystemTime(NOW + 25 * HOUR_MS);
    const messages = [0, 2, 4].map((first) => stream.failureMessage(first, first + 1));
    stream.trim();
    const results = [];
    for (const message of messages) results.push(await recover(message));
    expect(results.map(({ sweep }) => sweep)).toEqual([
      'started',
      'started before',
      'started before',
    ]);
    expect(queue).toHaveLength(1);
  });

  it('needs one sweep an hour, if no message can be read', async () => {
    vi.setSystemTime(NOW + MINUTE_MS);
    expect(await recover('unreadable')).toMatchObject({ sweep: 'started' });
    vi.setSystemTime(NOW + 59 * MINUTE_MS);
    expect(await recover('unreadable')).toMatchObject({ sweep: 'started before' });
    vi.setSystemTime(NOW + 61 * MINUTE_MS);
    expect(await recover('unreadable')).toMatchObject({ sweep: 'started' });
  });

  it('needs another sweep for what was given up after the first one started', async () => {
    await accept(1);
    const first = stream.failureMessage();
    stream.trim();
    expect(await recover(first)).toMatchObject({ sweep: 'started' });
    vi.setSystemTime(NOW + 2 * HOUR_MS);
    const keys = await accept(1);
    const second = stream.failureMessage(1, 1);
    stream.trim();
    expect(await recover(second)).toMatchObject({ sweep: 'started' });
    await emptyQueue();
    expect(await statusesOf(keys)).toEqual(['retrying']);
  });

  it('is looked for when the stream gives up what it nearly forgot: older records may be lost', async () => {
    const [lost] = await accept(1);
    vi.setSystemTime(NOW + 10 * HOUR_MS);
    await accept(1);
    vi.setSystemTime(NOW + 31 * HOUR_MS);
    expect(await recover(stream.failureMessage(1, 1))).toEqual({ recovered: 1, sweep: 'started' });
    await emptyQueue();
    expect(lost && (await read(lost)).status).toBe('retrying');
  });
});

describe('a sweep of a big table', () => {
  const LITTLE_TIME = MAX_PAGE_MS - 1;

  async function startSweep(count: number) {
    const keys = await accept(count);
    vi.setSystemTime(NOW + 25 * HOUR_MS);
    const message = stream.failureMessage();
    stream.trim();
    await recover(message);
    onCall('ScanCommand', (input) => Object.assign(input, { Limit: 3 }));
    return keys;
  }

  it('continues with a message, page by page, until the end', async () => {
    const keys = await startSweep(10);
    const results = await emptyQueue(LITTLE_TIME);
    expect(results.length).toBeGreaterThan(3);
    expect(new Set(results.slice(0, -1).map(({ sweep }) => sweep))).toEqual(new Set(['continued']));
    expect(results.at(-1)).toMatchObject({ sweep: 'done' });
    expect(results.length).toBe(scans);
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
  });

  it('reads on while there is time', async () => {
    await startSweep(10);
    expect(await emptyQueue(MAX_PAGE_MS)).toMatchObject([{ sweep: 'done' }]);
    expect(scans).toBeGreaterThan(3);
  });

  it('continues from its message in a new container, when it crashes', async () => {
    const keys = await startSweep(10);
    const [first] = queue;
    if (first === undefined) throw new Error('no sweep');
    await recover(first.message, LITTLE_TIME);
    const second = queue.at(-1)?.message ?? '';
    tables().db.middlewareStack.remove('fault');
    let updates = 0;
    onCall('UpdateItemCommand', () => {
      updates += 1;
      if (updates === 2) throw new Error('crash');
    });
    await expect(recover(second)).rejects.toThrow('crash');
    recovery = newContainer();
    expect(await recover(second)).toMatchObject({ sweep: 'done' });
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
  });

  it('does no harm beside another one', async () => {
    const keys = await startSweep(10);
    const { message = '' } = queue.shift() ?? {};
    const other = newContainer();
    const [one, two] = await Promise.all([
      recover(message),
      other.recover(message, () => MINUTE_MS),
    ]);
    expect(one.recovered + two.recovered).toBeGreaterThanOrEqual(10);
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
  });

  it('names no address in its messages', async () => {
    await startSweep(10);
    const [first] = queue;
    await recover(first?.message ?? '', LITTLE_TIME);
    expect(queue).toHaveLength(2);
    expect(JSON.stringify(queue)).not.toContain(event.email);
  });
});
