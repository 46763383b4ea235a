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
import { createSecrets } from '../../lib/runtime/secrets.ts';
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
  DEPLOYMENT_SECRET: 'a deployment secret of more than 32 characters',
  NAT_API_URL: 'http://simulated.invalid/identify',
  RETENTION_DAYS: 7,
};

/** How the world misbehaves at the moment. */
interface Mood {
  /** How often Nat does not take a call. */
  faultRate: number;
  /** How often a call, to the database or to Nat, fails on its way or on the way back. */
  outageRate: number;
  /** How often a query of an index is answered as it was before, or less an item. */
  staleness: number;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * Everything of one run: the real functions over the real ledger code, an embedded DynamoDB, a Nat
 * and a stream that misbehave on request, and a clock that only moves when it is told to.
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
    /** What was answered 503, so that its sender sends it again. */
    unanswered,
    /** What each invocation of `deliver` was brought. */
    batches,
    watcher,
    stream,
    nat,
    secrets: createSecrets(CONFIG.DEPLOYMENT_SECRET),
    restore,
    /** A container for one invocation at a time: an idle one, which remembers, or a fresh one. */
    takeContainer: () => idle.shift() ?? createContainer(),
    /** What an invocation that ended leaves to the next; a crash takes its container with it. */
    giveBack(container: ReturnType<typeof createContainer>): void {
      idle.push(container);
    },
    /** Ends all idle containers: the next ones have nothing in their memory. */
    recycle(): void {
      idle = [];
    },
    /** Every key that a customer ever had, the newest first. */
    keysOf,
    /** The key that Nat takes of a customer. */
    keyOf: (id: string) => keysOf(id)[0],
    /** Nat gives a customer a new key, and takes the old one no more. */
    changeKeyAtNat(id: string): void {
      const before = keysOf(id);
      const key = `key-of-${id}-${before.length}`;
      nat.goodKeys.delete(before[0]);
      nat.goodKeys.add(key);
      keys.set(id, [key, ...before]);
    },
    /** What of the world notices that an invocation was crashed. */
    onCrash(invocation: Invocation): void {
      batches.get(invocation)?.end('crashed');
    },
    /** What the ledger holds, read past all faults. */
    items,
    /** TTL deletes what has expired, or some of it. */
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
    const services = createServices(CONFIG, db);
    const delivery = createDelivery({ ...services, nat: nat.nat });
    const repairs = createRepairs(db, INTERACTIONS);
    const registry = createRegistry(db, WORKSPACES);
    return {
      identify: createIdentify(() => services),
      deliver: createDeliver(() => delivery),
      redeliver: createRedeliver(() => ({ ledger: services.ledger, delivery })),
      operate: ({ deadline }: Invocation, request: object) => {
        const remainingMs = () => deadline - clock.now;
        const { secrets } = services;
        const audit = () => {};
        return createOperator({ repairs, registry, secrets, remainingMs, audit }).run(request);
      },
    };
  }
}

const scanSchema = z.object({ Items: z.array(z.record(z.string(), z.any())) });

// A thousand runs would print as many metrics as lines.
metrics.publishStoredMetrics = () => {
  metrics.clearMetrics();
  return metrics;
};

/** @returns what puts the real clock and chance back */
function replaceGlobals(clock: { now: number }, random: { next(): number }): () => void {
  const real = { now: Date.now, random: Math.random };
  Date.now = () => clock.now;
  Math.random = () => random.next();
  return () => {
    Date.now = real.now;
    Math.random = real.random;
  };
}
