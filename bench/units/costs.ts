import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createIntake } from '../../lib/intake/accept.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import { conditionHeld } from '../../lib/runtime/dynamodb/conditional-write.ts';
import { type Capacity, countCapacity } from '../../tests/in-process/capacity.ts';
import { TABLES } from '../../tests/in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../../tests/in-process/dynamodb.ts';
import { contextWith } from '../../tests/in-process/lambda.ts';
import { secretSource, secrets } from '../../tests/in-process/secrets.ts';
import { createIdempotencyTable, IDEMPOTENCY_TABLE, keysOf } from '../compare/tables.ts';

/** DynamoDB charges a fifth as much for a read unit as for a write unit. */
const WRITES_PER_READ = 0.2;
const EMAIL = 'somebody@example.com';
const DAY = '2020-05-31';
const TIMESTAMP = `${DAY}T17:55:47Z`;
const URL = 'https://example.com/welcome';

/** What a new event and its duplicates cost together. */
export interface DuplicateCost {
  duplicates: number;
  calls: number;
  /** Read units. */
  reads: number;
  /** Write units. */
  writes: number;
  /** All of it in write units, by price. */
  total: number;
}

/**
 * Measures `identify`.
 *
 * @param which `seen`: all events come to one container. `unseen`: each comes to a new one
 * @param duplicates how many duplicates a new event has, one measurement each
 */
export function measureOurs(
  which: 'seen' | 'unseen',
  duplicates: number[],
): Promise<DuplicateCost[]> {
  return measure(duplicates, ({ db }) => {
    const ledger = createLedger(db, TABLES.Interactions);
    const seen = createIntake(ledger, secretSource);
    const event = { type: 'identify', timestamp: TIMESTAMP, email: EMAIL, page: { url: URL } };
    return async () => {
      const intake = which === 'seen' ? seen : createIntake(ledger, secretSource);
      await intake.accept([event], WORKSPACE, Date.now());
    };
  });
}

/** Measures the idempotency utility of Powertools as the plain handler uses it. */
export function measurePowertools(duplicates: number[]): Promise<DuplicateCost[]> {
  return measure(duplicates, ({ db }) => {
    const persistenceStore = new DynamoDBPersistenceLayer({
      tableName: IDEMPOTENCY_TABLE,
      awsSdkV3Client: db,
    });
    const config = new IdempotencyConfig({ eventKeyJmesPath: '[email, day]' });
    config.registerLambdaContext(contextWith('plain', '1', () => 28_000));
    const accept = makeIdempotent(
      async (interaction: { email: string; day: string; description: string }) => interaction,
      { persistenceStore, config },
    );
    return async () => void (await accept({ email: EMAIL, day: DAY, description: URL }));
  });
}

/** Measures one conditional `PutItem` for each event. */
export function measurePlainPut(duplicates: number[]): Promise<DuplicateCost[]> {
  return measure(duplicates, ({ db }) => async () => {
    const put = new PutItemCommand({
      TableName: IDEMPOTENCY_TABLE,
      Item: { id: { S: `${EMAIL} ${DAY}` }, description: { S: URL } },
      ConditionExpression: 'attribute_not_exists(id)',
    });
    await conditionHeld(db.send(put));
  });
}

const WORKSPACE = {
  key: 'the hash of a key',
  id: 'acme',
  name: 'Acme',
  status: 'active',
  timeZone: 'UTC',
  standardMessage: 'Used our product',
  natApiKey: 'sealed',
  contactsNamedBy: secrets.contacts.fingerprint,
  createdAt: '2020-01-01T00:00:00.000Z',
} as const;

interface Deployment {
  db: ReturnType<typeof createInProcessClient>;
}

async function measure(
  duplicates: number[],
  prepare: (deployment: Deployment) => () => Promise<void>,
): Promise<DuplicateCost[]> {
  const costs: DuplicateCost[] = [];
  for (const count of duplicates) {
    const database = createEmbeddedDynamoDB();
    await createTables(database, TABLES);
    await createIdempotencyTable(database);
    const capacity = countCapacity(database.execute, keysOf);
    const sendEvent = prepare({ db: createInProcessClient(capacity.perform) });
    for (let event = 0; event <= count; event += 1) await sendEvent();
    costs.push({ duplicates: count, ...sum(capacity.take()) });
  }
  return costs;
}

function sum({ calls, reads, writes }: Capacity) {
  const total = writes + WRITES_PER_READ * reads;
  return {
    calls: Object.values(calls).reduce((all, count) => all + count, 0),
    reads,
    writes,
    total,
  };
}
