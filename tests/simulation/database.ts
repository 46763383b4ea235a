import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { entrySchema, type InteractionKey, type LedgerEntry } from '../../lib/ledger/entry.ts';
import { isAboutUser } from '../../lib/ledger/user-key.ts';
import { SECOND_MS } from '../../lib/runtime/durations.ts';
import { TABLE_CALL_TIMEOUT_MS } from '../../lib/runtime/dynamodb/client.ts';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import { withTimeout } from '../../lib/runtime/with-timeout.ts';
import { executeInserts } from '../../offline/insert-statements.ts';
import { type Answer, createDirectClient, errorNameOf } from '../in-process/dynamodb.ts';
import { createIndexes } from './indexes.ts';
import type { Moods } from './moods.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** The same as in the deployed client. */
const MAX_ATTEMPTS = 3;
const ATTEMPT_TIMEOUT_MS = 3 * SECOND_MS;

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);

/** A write of the ledger that took effect. Its caller does not know it yet. */
export interface Effect {
  invocation: Invocation;
  key: InteractionKey;
  /** The interaction after the write; undefined if it was deleted. */
  after: LedgerEntry | undefined;
  /** Its response is lost, so the client sends the write again. */
  repeated: boolean;
}

const inputSchema = v.looseObject({
  TableName: v.optional(v.string()),
  Item: v.optional(v.record(v.string(), v.any())),
  Key: v.optional(v.record(v.string(), v.any())),
});
/** Every update asks for all attributes, as they are after it. */
const updatedSchema = v.looseObject({ Attributes: v.optional(v.record(v.string(), v.any())) });
const foundSchema = v.object({ Item: v.optional(v.record(v.string(), v.any())) });

/** What a simulated client works with. */
export interface ClientParts {
  execute: (operation: string, input: unknown) => Promise<Answer>;
  scheduler: Scheduler;
  random: Random;
  moods: Moods;
  /** The tables whose writes are watched. */
  interactions: string;
  workspaces: string;
  /** Called with each write of the table of interactions that took effect. */
  onEffect: (effect: Effect) => void;
  /** Called when something about a user was written; `after` is undefined if it was deleted. */
  onUser: (invocation: Invocation, key: InteractionKey, after: object | undefined) => void;
  /** Called with each interaction that was read by its key. */
  onRead: (invocation: Invocation, entry: LedgerEntry) => void;
  /** Called when the record of a workspace was written; the record is undefined if it was deleted. */
  onSettings: (key: string, record: object | undefined) => void;
  /** Called with each call that failed. */
  onTrouble: (invocation: Invocation) => void;
  /** Called when one statement of several was throttled. */
  onThrottled: () => void;
  /** Called with what the simulation cannot follow. */
  violate: (what: string) => void;
}

/** Creates the real client. Its requests are steps of the simulation. */
export function createSimulatedClient(parts: ClientParts): DynamoDBClient {
  const { scheduler, random, moods } = parts;
  const indexes = createIndexes(parts);
  // The real client waits between its retries. Here each retry is a step of the simulation.
  return createDirectClient((operation, input) => {
    return withTimeout(TABLE_CALL_TIMEOUT_MS, tryOften(operation, input));
  });

  async function tryOften(operation: string, input: Record<string, unknown>): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await tryOnce(operation, input, attempt);
      if (answer !== undefined) return answer;
    }
  }

  /** @returns undefined if the client must try again */
  function tryOnce(
    operation: string,
    input: Record<string, unknown>,
    attempt: number,
  ): Promise<Answer | undefined> {
    const invocation = scheduler.invocation();
    return scheduler.step<Answer | undefined>({
      timeoutMs: ATTEMPT_TIMEOUT_MS,
      hangs: moods.isTableHanging,
      failureRate: () => (moods.isTableDown() ? 1 : moods.flakiness()),
      perform: () => actLoudly(invocation, operation, input),
      fail: async (mayTakeEffect) => {
        parts.onTrouble(invocation);
        const tookEffect = mayTakeEffect && !moods.isTableDown();
        const repeated = attempt < MAX_ATTEMPTS && random.chance(0.4);
        if (tookEffect) await actLoudly(invocation, operation, input, repeated);
        if (repeated) return undefined;
        if (random.chance(0.5)) return THROTTLED;
        throw Object.assign(new Error('unreachable'), { name: 'TimeoutError' });
      },
    });
  }

  /** Functions survive faults of the database, so a fault of the simulation is reported apart. */
  async function actLoudly(...args: Parameters<typeof act>): Promise<Answer> {
    return act(...args).catch((error: Error) => {
      parts.violate(`the simulation failed: ${error.message}`);
      throw error;
    });
  }

  async function act(
    invocation: Invocation,
    operation: string,
    input: Record<string, unknown>,
    repeated = false,
  ): Promise<Answer> {
    if (READS.has(operation)) return read(invocation, operation, input);
    if (operation === 'BatchExecuteStatement') return insert(invocation, input, repeated);
    const answer = await parts.execute(operation, input);
    if (answer.statusCode !== 200) return answer;
    const { TableName = '', Item, Key = {} } = v.parse(inputSchema, input);
    const { contact, day, key } = unmarshall(Item ?? Key);
    const after = await findAfter(operation, input, answer);
    if (TableName === parts.interactions && isAboutUser({ contact })) {
      parts.onUser(invocation, { contact, day }, after);
    } else if (TableName === parts.interactions) {
      const entry = parseIfValid(entrySchema, after);
      if (after !== undefined && entry === undefined)
        parts.violate('written so that it is unreadable');
      else parts.onEffect({ invocation, key: { contact, day }, after: entry, repeated });
    } else if (TableName === parts.workspaces) {
      parts.onSettings(key, after);
    } else {
      parts.violate(`${operation}: cannot be followed`);
    }
    return answer;
  }

  /** Each statement takes effect for itself, or is throttled. */
  async function insert(invocation: Invocation, input: object, repeated: boolean): Promise<Answer> {
    const body = await executeInserts(input, async (put) => {
      if (random.chance(moods.flakiness())) {
        parts.onThrottled();
        return 'ProvisionedThroughputExceededException';
      }
      return errorNameOf(await act(invocation, 'PutItem', { ...put }, repeated));
    });
    return { statusCode: 200, body };
  }

  async function read(invocation: Invocation, operation: string, input: Record<string, unknown>) {
    if (operation === 'Query' || operation === 'Scan') return indexes.read(operation, input);
    const answer = await parts.execute(operation, input);
    // Who delivers reads the whole item; identify reads three attributes of it.
    const isWhole = operation === 'GetItem' && input.ProjectionExpression === undefined;
    if (isWhole && input.TableName === parts.interactions) {
      const { Item } = v.parse(foundSchema, answer.body);
      if (Item !== undefined) parts.onRead(invocation, v.parse(entrySchema, unmarshall(Item)));
    }
    return answer;
  }

  /** The item as a write left it. */
  async function findAfter(operation: string, input: object, { body }: Answer) {
    const { Attributes } = v.parse(updatedSchema, body);
    const { TableName, Item, Key } = v.parse(inputSchema, input);
    if (operation === 'DeleteItem') return undefined;
    if (Item !== undefined || Attributes !== undefined) return unmarshall(Item ?? Attributes ?? {});
    const found = v.parse(foundSchema, (await parts.execute('GetItem', { TableName, Key })).body);
    return found.Item && unmarshall(found.Item);
  }
}

const THROTTLED: Answer = {
  statusCode: 400,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException' },
};
