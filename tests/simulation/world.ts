import { createMemorySecretStore, operatorSecrets, SECRET_NAMES } from '../in-process/secrets.ts';
import './quiet.ts';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { createHandler as createDeliver } from '../../functions/deliver.ts';
import { createHandler as createIdentify } from '../../functions/identify.ts';
import { createHandler as createRedeliver } from '../../functions/redeliver.ts';
import { createServices } from '../../functions/services.ts';
import { metrics } from '../../functions/telemetry.ts';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import { entrySchema, interactionId, type LedgerEntry } from '../../lib/ledger/entry.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { SECOND_MS } from '../../lib/runtime/durations.ts';
import { createRegistry } from '../../lib/workspaces/registry.ts';
import { createEmbeddedDynamoDB, createTables } from '../in-process/dynamodb.ts';
import { contextWith } from '../in-process/lambda.ts';
import { createWatcher } from './checks.ts';
import { createSimulatedClient } from './database.ts';
import { CUSTOMERS, type Customer, type SentEvent } from './events.ts';
import { createSimulatedNat } from './nat.ts';
import { createRandom } from './random.ts';
import { createScheduler, type Invocation } from './scheduler.ts';
import { createSimulatedStream, type StreamBatch } from './stream.ts';

const START = Date.parse('2026-11-24T08:00:00Z');
const INTERACTIONS = 'interactions';
const WORKSPACES = 'workspaces';
const CONFIG = {
  INTERACTIONS_TABLE: INTERACTIONS,
  WORKSPACES_TABLE: WORKSPACES,
  ...SECRET_NAMES,
  NAT_API_URL: 'http://simulated.invalid/identify',
  RETENTION_DAYS: 7,
};

/** How much goes wrong at the moment. */
interface Mood {
  /** How often Nat refuses a call. */
  faultRate: number;
  /** How often a call to the database or to Nat fails, before or after it took effect. */
  outageRate: number;
  /** How often a query of an index returns an older result, or misses an item. */
  staleness: number;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * Creates everything for one run: the real functions and ledger code, an embedded DynamoDB, a Nat and
 * a stream that can misbehave, and a clock that the simulation moves.
 */
export async function createWorld(seed: number) {
  const clock = { now: START };
  const restore = replaceGlobals(clock, createRandom(seed + 1));
  const random = createRandom(seed);
  const scheduler = createScheduler();
  const mood: Mood = { faultRate: 0, outageRate: 0, staleness: 0 };
  const violations: string[] = [];
  const sent: SentEvent[] = [];
  const unanswered: { customer: Customer; apiKey: string; events: SentEvent[] }[] = [];
  const batches = new WeakMap<Invocation, StreamBatch>();
  const violate = (what: string) => void violations.push(what);
  const watcher = createWatcher(scheduler, violate);
  const stream = createSimulatedStream(random);
  const nat = createSimulatedNat({ scheduler, random, mood, ...watcher });
  const database = createEmbeddedDynamoDB();
  await createTables(database, { Interactions: INTERACTIONS, Workspaces: WORKSPACES });
  const db = createSimulatedClient({
    execute: database.execute,
    scheduler,
    random,
    table: INTERACTIONS,
    violate,
    staleness: () => mood.staleness,
    onEffect: (effect) => {
      const pending = watcher.onEffect(effect);
      if (pending !== undefined) stream.append(pending);
    },
  });

  const keys = new Map<string, [string, ...string[]]>(
    CUSTOMERS.map(({ id }) => [id, [`key-of-${id}`]]),
  );
  const keysOf = (id: string) => keys.get(id) ?? ([''] satisfies [string]);
  for (const { id } of CUSTOMERS) nat.goodKeys.add(keysOf(id)[0]);
  let idle: ReturnType<typeof createContainer>[] = [];

  return {
    clock,
    random,
    scheduler,
    mood,
    violations,
    sent,
    /** Requests that got a 503, so that their senders send them again. */
    unanswered,
    /** The batch of each invocation of `deliver`. */
    batches,
    watcher,
    stream,
    nat,
    restore,
    /** Takes a container for one invocation: an idle one with its memory, or a new one. */
    takeContainer: () => idle.shift() ?? createContainer(),
    /** Gives a container back for the next invocation. A crashed one is lost. */
    giveBack(container: ReturnType<typeof createContainer>): void {
      idle.push(container);
    },
    /** Ends all idle containers, so that the next invocations start without memory. */
    recycle(): void {
      idle = [];
    },
    /** All keys that a customer ever had, the newest first. */
    keysOf,
    /** The key that Nat accepts from a customer. */
    keyOf: (id: string) => keysOf(id)[0],
    /** Nat gives a customer a new key and rejects the old one. */
    changeKeyAtNat(id: string): void {
      const before = keysOf(id);
      const key = `key-of-${id}-${before.length}`;
      nat.goodKeys.delete(before[0]);
      nat.goodKeys.add(key);
      keys.set(id, [key, ...before]);
    },
    /** Called when an invocation crashed. */
    onCrash(invocation: Invocation): void {
      batches.get(invocation)?.end('crashed');
    },
    /** Reads the whole ledger, without any faults. */
    items,
    /** TTL deletes some of what has expired. */
    async expire(): Promise<void> {
      for (const { contact, day, expiresAt = Infinity } of await items()) {
        if (clock.now < expiresAt * SECOND_MS || random.chance(0.3)) continue;
        const Key = { contact: { S: contact }, day: { S: day } };
        await database.execute('DeleteItem', { TableName: INTERACTIONS, Key });
        watcher.onExpiry(interactionId({ contact, day }));
      }
    },
    contextOf: ({ name, begunAt, deadline }: Invocation) =>
      contextWith(name, String(begunAt), () => deadline - clock.now),
  };

  async function items(): Promise<LedgerEntry[]> {
    const { body } = await database.execute('Scan', { TableName: INTERACTIONS });
    return scanSchema.parse(body).Items.map((item) => entrySchema.parse(unmarshall(item)));
  }

  function createContainer() {
    const services = createServices(CONFIG, db, createMemorySecretStore());
    const delivery = createDelivery({ ...services, nat: nat.nat });
    const repairs = createRepairs(db, INTERACTIONS);
    const registry = createRegistry(db, WORKSPACES);
    return {
      identify: createIdentify(() => services),
      deliver: createDeliver(() => delivery),
      redeliver: createRedeliver(() => ({ ledger: services.ledger, delivery })),
      operate: ({ deadline }: Invocation, request: object) => {
        const remainingMs = () => deadline - clock.now;
        const audit = () => {};
        return createOperator({ repairs, registry, ...operatorSecrets, remainingMs, audit }).run(
          request,
        );
      },
    };
  }
}

const scanSchema = z.object({ Items: z.array(z.record(z.string(), z.any())) });

// Otherwise a thousand runs print a million metrics.
metrics.publishStoredMetrics = () => {
  metrics.clearMetrics();
  return metrics;
};

/** @returns a function that restores the real clock and random numbers */
function replaceGlobals(clock: { now: number }, random: { next(): number }): () => void {
  const real = { now: Date.now, random: Math.random };
  Date.now = () => clock.now;
  Math.random = () => random.next();
  return () => {
    Date.now = real.now;
    Math.random = real.random;
  };
}
