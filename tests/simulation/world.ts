import * as v from 'valibot';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import './quiet.ts';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { entrySchema, interactionId, type LedgerEntry } from '../../lib/ledger/entry.ts';
import { createStreamReader } from '../../lib/ledger/stream.ts';
import { isAboutUser } from '../../lib/ledger/user-key.ts';
import { SECOND_MS } from '../../lib/runtime/durations.ts';
import { openSecrets } from '../../lib/runtime/secret-source.ts';
import { createEmbeddedDynamoDB, createTables } from '../in-process/dynamodb.ts';
import { contextWith } from '../in-process/lambda.ts';
import { createMemorySecretStore, SECRET_NAMES } from '../in-process/secrets.ts';
import { startClock } from './clock.ts';
import { createContainers } from './containers.ts';
import { CUSTOMERS } from './customers.ts';
import { createSimulatedClient } from './database.ts';
import { createDeletionWatch } from './deletions.ts';
import type { Depth } from './depth.ts';
import type { SentEvent } from './events.ts';
import { createKeys } from './keys.ts';
import { createMoods, type Moods } from './moods.ts';
import { createSimulatedNat } from './nat.ts';
import { createOrders } from './orders.ts';
import { createSimulatedQueue } from './queue.ts';
import { createRandom } from './random.ts';
import type { Request } from './requests.ts';
import { createScheduler, type Invocation } from './scheduler.ts';
import { createSettings } from './settings.ts';
import { createSimulatedStream, type StreamBatch } from './stream.ts';
import { createWaiting } from './waiting.ts';
import { createWatcher } from './watcher.ts';

const START = Date.parse('2026-11-24T08:00:00Z');
const INTERACTIONS = 'interactions';
const WORKSPACES = 'workspaces';
const CONFIG = {
  INTERACTIONS_TABLE: INTERACTIONS,
  WORKSPACES_TABLE: WORKSPACES,
  ...SECRET_NAMES,
  NAT_API_URL: 'http://simulated.invalid/identify',
  RETENTION_DAYS: 7,
  ROUTINE_LOG_RATE: 0,
};
const SERVICE_TIMEOUT_MS = 3 * SECOND_MS;
/** Neither the queue nor the store of secrets is down when DynamoDB is. */
const SERVICE_MOODS = {
  isTableHanging: () => false,
  isTableDown: () => false,
  flakiness: () => 0.1,
};

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * Creates everything for one run: the real functions and ledger code, an embedded DynamoDB, a Nat, a
 * stream and a queue that can misbehave, and a clock that the simulation moves.
 *
 * @param depth counts how hard the deliveries were
 */
export async function createWorld(seed: number, depth: Depth) {
  const database = createEmbeddedDynamoDB();
  const secretStore = createMemorySecretStore();
  await createTables(database, { Interactions: INTERACTIONS, Workspaces: WORKSPACES });
  const clock = startClock(START, createRandom(seed + 1));
  const random = createRandom(seed);
  const scheduler = createScheduler();
  const moods = createMoods(random);
  const violations: string[] = [];
  const violate = (what: string) => void violations.push(what);
  const settings = createSettings(violate);
  const batches = new WeakMap<Invocation, StreamBatch>();
  const deletions = createDeletionWatch({
    ...{ scheduler, depth, violate },
    known: () => watcher.known.values(),
    isOn: (workspace, startedAt) => {
      return !settings.deletionsOf(workspace, startedAt).has('off');
    },
  });
  const orders = createOrders(() => watcher.known.values(), depth, deletions.onRemoved, violate);

  const watcher = createWatcher({
    scheduler,
    depth,
    violate,
    zonesOf: settings.zonesOf,
    mayDelete: orders.mayDelete,
    deletions,
    isIndexCurrent: () => waiting.isIndexCurrent(),
    onPutOff: (...args) => waiting.onPutOff(...args),
    onUnsent: (workspace) => waiting.onUnsent(workspace),
  });
  const waiting = createWaiting(watcher.known, moods, violate);
  const nat = createSimulatedNat({
    scheduler,
    random,
    moods,
    onCall: watcher.onCall,
    onAnswered: (answered) => {
      watcher.onAnswered(answered);
      waiting.onAnswered(answered);
    },
  });
  const queue = createSimulatedQueue(random, violate);
  const stream = createSimulatedStream({
    random,
    onGivenUp: (message) => {
      // What Lambda sends may change one day. Then a sweep looks for what was given up.
      const isReadable = random.chance(0.9);
      depth.count('given up by the stream');
      if (!isReadable) waiting.onUnreadable();
      queue.send(isReadable ? message : '{}');
    },
    onCall: () => callService(async () => {}, moods),
  });
  const db = createSimulatedClient({
    execute: database.execute,
    scheduler,
    random,
    moods,
    violate,
    interactions: INTERACTIONS,
    workspaces: WORKSPACES,
    onEffect: (effect) => {
      if (watcher.onEffect(effect)) stream.append(effect.key);
    },
    onUser: deletions.onEffect,
    onRead: watcher.onRead,
    onSettings: settings.onWrite,
    onTrouble: waiting.onTrouble,
    onThrottled: () => depth.count('one interaction of a batch was throttled'),
  });
  const containers = createContainers({
    config: CONFIG,
    db,
    nat: nat.nat,
    secretStore: {
      read: (name) => callService(() => secretStore.read(name), SERVICE_MOODS),
      renew: (name, stored) => callService(() => secretStore.renew(name, stored), SERVICE_MOODS),
    },
    readStream: createStreamReader(stream.client),
    send: (message, delaySeconds) => {
      depth.count('a sweep, or its next part, was ordered');
      return callService(async () => queue.send(message, delaySeconds), SERVICE_MOODS);
    },
  });

  return {
    ...createKeys(CUSTOMERS, nat.goodKeys),
    depth,
    clock,
    random,
    scheduler,
    moods,
    settings,
    violations,
    violate,
    watcher,
    deletions,
    waiting,
    stream,
    queue,
    nat,
    containers,
    orders,
    sent: [] as SentEvent[],
    /** Requests that got a 503, so that their senders send them again. */
    unanswered: [] as Request[],
    /** The batch of each invocation of `deliver`. */
    batches,

    /** Called when an invocation crashed. */
    onCrash(invocation: Invocation): void {
      depth.count(`${invocation.name} crashed`);
      waiting.onTrouble();
      batches.get(invocation)?.end('crashed');
      orders.onCrash(invocation);
    },

    /** The secrets as they are now, without any faults. */
    openSecrets: async () => (await openSecrets(secretStore, SECRET_NAMES)).secrets,
    /** Reads the whole ledger, without any faults. */
    items,
    /** TTL deletes some of what has expired. */
    async expire(): Promise<void> {
      for (const { contact, day, expiresAt = Infinity } of await items()) {
        if (Date.now() < expiresAt * SECOND_MS || random.chance(0.3)) continue;
        const Key = { contact: { S: contact }, day: { S: day } };
        await database.execute('DeleteItem', { TableName: INTERACTIONS, Key });
        watcher.onExpiry(interactionId({ contact, day }));
      }
    },
    contextOf: ({ name, begunAt, deadline }: Invocation) =>
      contextWith(name, String(begunAt), () => deadline - Date.now()),
  };

  /** A call to the stream, to the queue or to the store of secrets. */
  function callService<T>(
    act: () => Promise<T>,
    troubles: Pick<Moods, 'isTableHanging' | 'isTableDown' | 'flakiness'>,
  ): Promise<T> {
    return scheduler.step({
      timeoutMs: SERVICE_TIMEOUT_MS,
      hangs: troubles.isTableHanging,
      failureRate: () => (troubles.isTableDown() ? 1 : troubles.flakiness()),
      perform: act,
      fail: async (tookEffect) => {
        waiting.onTrouble();
        if (tookEffect) await act();
        throw new Error('unreachable');
      },
    });
  }

  async function items(): Promise<LedgerEntry[]> {
    const { body } = await database.execute('Scan', { TableName: INTERACTIONS });
    return v.parse(scanSchema, body).Items.flatMap((item) => {
      const attributes = unmarshall(item);
      if (isAboutUser({ contact: attributes.contact })) return [];
      const data = parseIfValid(entrySchema, attributes);
      if (data === undefined) violate('an interaction cannot be read');
      return data ?? [];
    });
  }
}

const scanSchema = v.object({ Items: v.array(v.record(v.string(), v.any())) });
