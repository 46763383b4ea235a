import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { LOCAL_API_KEY, LOCAL_AWS } from '../../cli/local-stack.ts';
import { keySchema } from '../../lib/ledger/entry.ts';
import { equals, expressions } from '../../lib/runtime/dynamodb/expressions.ts';
import { scanPages } from '../../lib/runtime/dynamodb/pages.ts';
import { type AwsService, startAwsService } from '../../offline/aws-service.ts';
import { type DynamoDBAddress, TABLES } from '../../offline/database.ts';
import { addLocalWorkspace } from '../../offline/local-workspace.ts';
import { LOCAL_SECRETS, startSecretsManager } from '../../offline/secrets-manager.ts';
import {
  createEmbeddedDynamoDB,
  createTables,
  type EmbeddedDynamoDB,
  untilActive,
} from '../../tests/in-process/dynamodb.ts';
import { buildBundles, type Program } from './bundles.ts';
import type { Job, JobResult } from './child.ts';
import { catchStore, createFill } from './fill.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
const IDEMPOTENCY_TABLE = 'idempotency';
const bodySchema = z.record(z.string(), z.unknown());

/** What a job says besides the program. */
type ProgramJob = Omit<Job, 'bundle' | 'apiKey'>;

/** Where the functions are measured. */
export interface Machine {
  /** Runs a job in a new process. */
  run(program: Program, job: ProgramJob): Promise<JobResult>;
  /** Runs a job in a new process, and counts the bytes of its logs and metrics. */
  countOutput(program: Program, job: ProgramJob): Promise<number>;
  /** Finds the keys of pending interactions. */
  findPending(count: number): Promise<Required<Job>['records']>;
  /** Fills the ledger until it has so many interactions more than at the start. */
  fill(interactions: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a DynamoDB and a Secrets Manager in this process, so that their CPU time is not measured,
 * and bundles all programs.
 */
export async function startMachine(): Promise<Machine> {
  const store = catchStore();
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  await createIdempotencyTable(database);
  const [{ folder, bundles }, dynamodb, secretsManager, nat] = await Promise.all([
    buildBundles(),
    serve(database),
    startSecretsManager(),
    startAwsService(() => ({ body: {} })),
  ]);
  const address = { endpoint: dynamodb.url, ...LOCAL_AWS };
  await addLocalWorkspace(address, secretsManager.url);
  const env = {
    ...LOCAL_SECRETS,
    AWS_REGION: LOCAL_AWS.region,
    AWS_ACCESS_KEY_ID: LOCAL_AWS.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_AWS.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    INTERACTIONS_TABLE: TABLES.Interactions,
    WORKSPACES_TABLE: TABLES.Workspaces,
    IDEMPOTENCY_TABLE,
    METRICS_NAMESPACE: 'Nat/prod',
    POWERTOOLS_SERVICE_NAME: 'nat-destination-prod',
    NAT_API_URL: `${nat.url}/identify`,
  };
  const start = (program: Program, job: ProgramJob, stdout: 'ignore' | 'pipe') => {
    const argument = JSON.stringify({ ...job, bundle: bundles[program], apiKey: LOCAL_API_KEY });
    return fork(CHILD, [argument], {
      env,
      execArgv: ['--expose-gc', '--no-warnings'],
      // The lines of the functions are formatted and written, as in Lambda.
      stdio: ['ignore', stdout, 'inherit', 'ipc'],
    });
  };
  return {
    async run(program, job) {
      const child = start(program, job, 'ignore');
      const ended = once(child, 'exit');
      const answered = once(child, 'message');
      const [first] = await Promise.race([answered, ended]);
      if (typeof first !== 'object') throw new Error(`${program} ended with ${first}`);
      await ended;
      return first;
    },
    async countOutput(program, job) {
      const child = start(program, job, 'pipe');
      let bytes = 0;
      child.stdout?.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`${program} ended with ${code}`);
      return bytes;
    },
    findPending: (count) => findPending(address, count),
    fill: createFill(store),
    async stop() {
      await Promise.all([
        dynamodb.stop(),
        secretsManager.stop(),
        nat.stop(),
        rm(folder, { recursive: true }),
      ]);
    },
  };
}

/** The table that the documentation of Powertools describes. */
async function createIdempotencyTable(database: EmbeddedDynamoDB): Promise<void> {
  await database.execute('CreateTable', {
    TableName: IDEMPOTENCY_TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  await untilActive(database, IDEMPOTENCY_TABLE);
}

/** Not the embedded DynamoDB of the local stack, which reads again whatever is written. */
function serve(database: EmbeddedDynamoDB): Promise<AwsService> {
  return startAwsService(async (target, input) => {
    const { statusCode, body } = await database.execute(target.split('.')[1] ?? '', input);
    return { status: statusCode, body: { ...bodySchema.parse(body) } };
  });
}

async function findPending(address: DynamoDBAddress, count: number) {
  const db = new DynamoDBClient(address);
  const query = {
    TableName: TABLES.Interactions,
    ...expressions({ FilterExpression: equals('status', 'pending') }),
  };
  const found: { contact: string; day: string }[] = [];
  for await (const { entries } of scanPages(db, query, keySchema)) {
    found.push(...entries.slice(0, count - found.length));
    if (found.length === count) break;
  }
  db.destroy();
  return found;
}
