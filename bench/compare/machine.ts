import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { LOCAL_API_KEY, LOCAL_AWS } from '../../cli/local-stack.ts';
import { keySchema } from '../../lib/ledger/entry.ts';
import { TABLES } from '../../offline/database.ts';
import { startEmbeddedDatabase } from '../../offline/embedded-database.ts';
import { addLocalWorkspace } from '../../offline/local-workspace.ts';
import { startSandbox } from '../../offline/sandbox/server.ts';
import { LOCAL_SECRETS, startSecretsManager } from '../../offline/secrets-manager.ts';
import { buildBundles, type Program } from './bundles.ts';
import type { InteractionKey, Job, JobResult } from './child.ts';
import { catchStore, createFill } from './fill.ts';

const IDEMPOTENCY_TABLE = 'idempotency';

/** What a job says besides the program. */
type ProgramJob = Omit<Job, 'bundle' | 'apiKey'>;

/** Where the functions are measured. */
export interface Machine {
  /** Runs a job in a new process. */
  run(program: Program, job: ProgramJob): Promise<JobResult>;
  /** Runs a job in a new process, and counts the bytes of its logs and metrics. */
  countOutput(program: Program, job: ProgramJob): Promise<number>;
  /** Finds what was accepted and not delivered. */
  findPending(): Promise<InteractionKey[]>;
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
  const [{ folder, bundles, childScript }, database, secretsManager, nat] = await Promise.all([
    buildBundles(),
    startEmbeddedDatabase(),
    startSecretsManager(),
    startSandbox({ port: 0 }),
  ]);
  await addLocalWorkspace(database.address, secretsManager.url);
  const db = new DynamoDBClient(database.address);
  await db.send(
    new CreateTableCommand({
      TableName: IDEMPOTENCY_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const env = {
    ...LOCAL_SECRETS,
    AWS_REGION: LOCAL_AWS.region,
    AWS_ACCESS_KEY_ID: LOCAL_AWS.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_AWS.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: database.address.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    INTERACTIONS_TABLE: TABLES.Interactions,
    WORKSPACES_TABLE: TABLES.Workspaces,
    IDEMPOTENCY_TABLE,
    METRICS_NAMESPACE: 'Nat/prod',
    POWERTOOLS_SERVICE_NAME: 'nat-destination-prod',
    NAT_API_URL: `${nat.url}/identify`,
  };
  const start = (program: Program, job: ProgramJob, stdout: 'ignore' | 'pipe') => {
    const child = fork(childScript, {
      env,
      execArgv: ['--no-warnings', ...heapLimits(job.memoryMb)],
      // The lines of the functions are formatted and written, as in Lambda.
      stdio: ['ignore', stdout, 'inherit', 'ipc'],
    });
    child.send({ ...job, bundle: bundles[program], apiKey: LOCAL_API_KEY });
    return child;
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
    async findPending() {
      const scan = {
        TableName: TABLES.Interactions,
        FilterExpression: '#status = :pending',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':pending': { S: 'pending' } },
      };
      const keys: InteractionKey[] = [];
      for await (const { Items = [] } of paginateScan({ client: db }, scan)) {
        keys.push(...Items.map((item) => v.parse(keySchema, unmarshall(item))));
      }
      return keys;
    },
    fill: createFill(store),
    async stop() {
      db.destroy();
      await Promise.all([database.stop(), secretsManager.stop(), nat.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

/** As the runtime of Lambda starts Node: a twentieth for new objects, nine tenths for old ones. */
function heapLimits(memoryMb: number | undefined): string[] {
  if (memoryMb === undefined) return [];
  return [
    `--max-semi-space-size=${Math.floor(memoryMb / 20)}`,
    `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`,
  ];
}
