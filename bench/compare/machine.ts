import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LOCAL_API_KEY, LOCAL_AWS } from '../../cli/local-stack.ts';
import { TABLES } from '../../offline/database.ts';
import { startEmbeddedDatabase } from '../../offline/embedded-database.ts';
import { addLocalWorkspace } from '../../offline/local-workspace.ts';
import { LOCAL_SECRETS, startSecretsManager } from '../../offline/secrets-manager.ts';
import { type Bundles, buildBundles, type Program } from './bundles.ts';
import type { Job, JobResult } from './child.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
const IDEMPOTENCY_TABLE = 'idempotency';

/** Where the functions are measured. */
export interface Machine {
  bundles: Bundles;
  /** Runs a job in a new process. */
  run(program: Program, job: Omit<Job, 'bundle' | 'apiKey'>): Promise<JobResult>;
  stop(): Promise<void>;
}

/**
 * Starts a DynamoDB and a Secrets Manager in this process, so that their CPU time is not measured,
 * and bundles all programs.
 */
export async function startMachine(): Promise<Machine> {
  const [{ folder, bundles }, database, secretsManager] = await Promise.all([
    buildBundles(),
    startEmbeddedDatabase(() => {}),
    startSecretsManager(),
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
  db.destroy();
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
    NAT_API_URL: 'http://localhost:4000/identify',
  };
  return {
    bundles,
    async run(program, job) {
      const argument = JSON.stringify({ ...job, bundle: bundles[program], apiKey: LOCAL_API_KEY });
      const child = fork(CHILD, [argument], {
        env,
        execArgv: ['--expose-gc', '--no-warnings'],
        // The lines of the functions are formatted and written, as in Lambda.
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const ended = once(child, 'exit').then(([code]) => {
        throw new Error(`${program} ended with ${code}`);
      });
      ended.catch(() => {});
      const [result] = await Promise.race([once(child, 'message'), ended]);
      await ended.catch(() => {});
      return result;
    },
    async stop() {
      await Promise.all([database.stop(), secretsManager.stop(), rm(folder, { recursive: true })]);
    },
  };
}
