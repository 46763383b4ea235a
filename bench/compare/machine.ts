import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { LOCAL_API_KEY, LOCAL_AWS } from '../../cli/local-stack.ts';
import { startAwsService } from '../../offline/aws-service.ts';
import { TABLES } from '../../offline/database.ts';
import { addLocalWorkspace } from '../../offline/local-workspace.ts';
import { LOCAL_SECRETS, startSecretsManager } from '../../offline/secrets-manager.ts';
import { countCapacity } from '../../tests/in-process/capacity.ts';
import { createEmbeddedDynamoDB, createTables } from '../../tests/in-process/dynamodb.ts';
import { buildBundles, type Program } from './bundles.ts';
import type { Job, JobResult } from './child.ts';
import { createIdempotencyTable, IDEMPOTENCY_TABLE, keysOf } from './tables.ts';

/** How to start a process. */
export interface Start {
  /** Variables of its environment, besides those of a deployment. */
  env?: NodeJS.ProcessEnv;
  execArgv?: string[];
}

/** Where the functions are measured. */
export type Machine = Awaited<ReturnType<typeof startMachine>>;

/**
 * Starts a DynamoDB and a Secrets Manager in this process, so that their CPU time is not measured,
 * and bundles all programs.
 */
export async function startMachine() {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  await createIdempotencyTable(database);
  const capacity = countCapacity(database.execute, keysOf);
  const [{ folder, bundles }, dynamodb, secretsManager] = await Promise.all([
    buildBundles(),
    startAwsService(async (target, input) => {
      const operation = target.split('.')[1] ?? '';
      const { statusCode, body } = await capacity.perform(operation, { ...toObject(input) });
      return { status: statusCode, body: toObject(body) };
    }),
    startSecretsManager(),
  ]);
  await addLocalWorkspace({ endpoint: dynamodb.url, ...LOCAL_AWS }, secretsManager.url);
  const environment = {
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
    NAT_API_URL: 'http://localhost:4000/identify',
  };
  return {
    bundles,
    /** What the requests of all processes cost. */
    capacity,
    execute: database.execute,

    /** Runs a job in a new process. */
    async run(
      program: Program,
      job: Omit<Job, 'bundle' | 'apiKey'>,
      { env = {}, execArgv = [] }: Start = {},
    ): Promise<JobResult & { printedBytes: number }> {
      const argument = JSON.stringify({ ...job, bundle: bundles[program], apiKey: LOCAL_API_KEY });
      const child = fork(bundles.child, [argument], {
        env: { ...environment, ...env },
        execArgv: ['--no-warnings', ...execArgv],
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
      let printedBytes = 0;
      child.stdout?.on('data', (chunk: Buffer) => {
        printedBytes += chunk.byteLength;
      });
      let result: JobResult | undefined;
      child.once('message', (message: JobResult) => {
        result = message;
      });
      const [code] = await once(child, 'close');
      if (result === undefined) throw new Error(`${program} ended with ${code}`);
      return { ...result, printedBytes };
    },

    async stop(): Promise<void> {
      await Promise.all([dynamodb.stop(), secretsManager.stop(), rm(folder, { recursive: true })]);
    },
  };
}

function toObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
