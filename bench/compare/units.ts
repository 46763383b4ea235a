import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { createHandler } from '../../functions/identify.ts';
import { createServices } from '../../functions/services.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../../tests/in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
  type EmbeddedDynamoDB,
  untilActive,
} from '../../tests/in-process/dynamodb.ts';
import { contextWith, requestWith } from '../../tests/in-process/lambda.ts';
import { createMemorySecretStore } from '../../tests/in-process/secrets.ts';
import { countRow, type Row, type Section } from './section.ts';

const API_KEY = 'key-of-the-benchmark';
const KEY_TABLE = 'idempotency';
const DUPLICATES = [0, 1, 10, 100];
/** On-demand, a write unit costs as much as five read units. */
const READS_PER_WRITE = 5;
const GOAL_AT_TEN = 0.3;

/** What requests to a table cost. */
interface Units {
  calls: number;
  /** Read request units. */
  reads: number;
  /** Write request units. A write whose condition fails costs as much as one that succeeds. */
  writes: number;
}

/** Something that lets one event per contact and day pass. */
interface Gate {
  /** An event of a contact that is new. */
  sendNew(contact: string): Promise<void>;
  /** The same again, in a container that does not remember it. */
  sendUnseen(contact: string): Promise<void>;
  /** The same again, in the container that had it. */
  sendSeen(contact: string): Promise<void>;
}

const capacitySchema = v.looseObject({ CapacityUnits: v.number() });
const responseSchema = v.looseObject({
  ConsumedCapacity: v.union([capacitySchema, v.array(capacitySchema)]),
});

/** Counts units in a DynamoDB of this process. */
function createMeter(database: EmbeddedDynamoDB) {
  const units: Units = { calls: 0, reads: 0, writes: 0 };
  const client = createInProcessClient(async (operation, input) => {
    const answer = await database.execute(operation, { ...input, ReturnConsumedCapacity: 'TOTAL' });
    units.calls += 1;
    const isWrite = /^(Put|Update|Delete)/.test(operation);
    // All items here are smaller than 1 KB. DynamoDB says nothing about a failed condition.
    const consumed = answer.statusCode === 200 ? capacityOf(answer.body) : 1;
    if (isWrite) units.writes += consumed;
    else units.reads += consumed;
    return answer;
  });
  return {
    client,
    /** What some work costs. */
    async count(work: () => Promise<void>): Promise<Units> {
      Object.assign(units, { calls: 0, reads: 0, writes: 0 });
      await work();
      return { ...units };
    },
  };
}

function capacityOf(body: unknown): number {
  const { ConsumedCapacity } = v.parse(responseSchema, body);
  const all = Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity];
  return all.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
}

async function createDatabase(): Promise<EmbeddedDynamoDB> {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  await database.execute('CreateTable', {
    TableName: KEY_TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  await untilActive(database, KEY_TABLE);
  return database;
}

/** The units of a new event, of a duplicate that is not seen, and of one that is. */
export interface Figures {
  new: Units;
  unseen: Units;
  seen: Units;
}

/** Counts the units of `identify`. Its containers have authenticated the sender before. */
export async function countIdentify(): Promise<Figures> {
  const database = await createDatabase();
  const { client, count } = createMeter(database);
  await createInProcessOperator(client).run({
    command: 'workspace.add',
    workspace: 'acme',
    name: 'Acme',
    apiKey: API_KEY,
  });
  const createContainer = async () => {
    const services = createServices(CONFIG, client, createMemorySecretStore());
    const handler = createHandler(() => services);
    const send = async (contact: string): Promise<void> => {
      const traits = { email: `${contact}@example.com` };
      const event = { type: 'identify', timestamp: new Date().toISOString(), traits };
      const headers = { authorization: `Bearer ${API_KEY}` };
      const request = { routeKey: 'POST /v1/identify', headers, body: JSON.stringify(event) };
      const context = contextWith('identify', '1', () => 28_000);
      const { statusCode } = await handler(requestWith(request), context);
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
    };
    await send('warm-up');
    return send;
  };
  const [one, other] = [await createContainer(), await createContainer()];
  return figuresOf(count, { sendNew: one, sendUnseen: other, sendSeen: one });
}

/** Counts the units of the idempotency utility of Powertools. */
export async function countPowertools(): Promise<Figures> {
  const { client, count } = createMeter(await createDatabase());
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName: KEY_TABLE,
    awsSdkV3Client: client,
  });
  const config = new IdempotencyConfig({ expiresAfterSeconds: 86_400 });
  config.registerLambdaContext(contextWith('plain', '1', () => 28_000));
  const accept = makeIdempotent(async (_contact: string) => ({ status: 'accepted' }), {
    persistenceStore,
    config,
  });
  const send = async (contact: string) => void (await accept(contact));
  return figuresOf(count, { sendNew: send, sendUnseen: send, sendSeen: send });
}

/** Counts the units of a conditional put and nothing else. */
export async function countConditionalPut(): Promise<Figures> {
  const { client, count } = createMeter(await createDatabase());
  const put = async (contact: string): Promise<void> => {
    const Item = { id: { S: contact } };
    const ConditionExpression = 'attribute_not_exists(id)';
    try {
      await client.send(new PutItemCommand({ TableName: KEY_TABLE, Item, ConditionExpression }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  };
  return figuresOf(count, { sendNew: put, sendUnseen: put, sendSeen: put });
}

async function figuresOf(
  count: (work: () => Promise<void>) => Promise<Units>,
  { sendNew, sendUnseen, sendSeen }: Gate,
): Promise<Figures> {
  return {
    new: await count(() => sendNew('peter')),
    unseen: await count(() => sendUnseen('peter')),
    seen: await count(() => sendSeen('peter')),
  };
}

/**
 * What one new event and its duplicates cost.
 *
 * @returns write units; read units are converted at their price
 */
export function costOf(figures: Figures, duplicates: number, kind: 'seen' | 'unseen'): number {
  const total = (unit: 'reads' | 'writes') => figures.new[unit] + duplicates * figures[kind][unit];
  return total('writes') + total('reads') / READS_PER_WRITE;
}

/** DynamoDB units, counted. `tests/bench/units.test.ts` holds them. */
export const unitsSection: Section = {
  name: 'units',
  title: 'DynamoDB units',
  about:
    'For one new event and its duplicates, in write units; a read unit costs a fifth. An unseen ' +
    'duplicate comes to a container that does not remember the contact.',
  async measure(): Promise<Row[]> {
    const identify = await countIdentify();
    const powertools = await countPowertools();
    const conditionalPut = await countConditionalPut();
    return DUPLICATES.flatMap((duplicates) => {
      const name = `${duplicates} duplicates`;
      const theirs = costOf(powertools, duplicates, 'unseen');
      const goal = duplicates === 10 ? theirs * GOAL_AT_TEN : undefined;
      return [
        countRow(
          `${name}: identify, unseen`,
          costOf(identify, duplicates, 'unseen'),
          'units',
          goal,
        ),
        countRow(`${name}: identify, seen`, costOf(identify, duplicates, 'seen'), 'units'),
        countRow(`${name}: Powertools' idempotency`, theirs, 'units'),
        countRow(`${name}: conditional put`, costOf(conditionalPut, duplicates, 'unseen'), 'units'),
      ];
    });
  },
};
