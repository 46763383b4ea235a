import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { Database, DynamoDBAddress, StreamRecord } from './database.ts';
import { connectDynamoDBLocal } from './dynamodb-local.ts';
import { startEmbeddedDatabase } from './embedded-database.ts';
import { addLocalWorkspace } from './local-workspace.ts';
import { createPageFeed, type PageFeed } from './page-feed.ts';
import { startSandbox } from './sandbox/server.ts';
import { startSecretsManager } from './secrets-manager.ts';
import { readStreamTrigger } from './serverless-config.ts';
import { type Functions, startFunctions } from './serverless-offline.ts';
import { SettingError } from './setting-error.ts';
import { createStreamPlayer } from './stream-player.ts';
import { startUndeliveredQueue } from './undelivered-queue.ts';

/** Where the stack listens, always on this machine only. */
export interface StackOptions {
  apiPort: number;
  natPort: number;
  lambdaPort: number;
  /** A DynamoDB Local that already runs; the embedded one if undefined. */
  dynamodb?: DynamoDBAddress | undefined;
  /** Added to the environment of the functions. */
  env?: NodeJS.ProcessEnv;
  /** Called with each line that the functions print. */
  onLine: (line: string) => void;
}

/** The whole system on one machine. */
export interface Stack {
  apiUrl: string;
  natUrl: string;
  dynamodb: DynamoDBAddress;
  /** Invokes a function by its name in `serverless.yml`. */
  invoke(name: string, payload: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** Stops one part of the stack. */
type Stop = () => Promise<void>;

type PageConnection = ReturnType<PageFeed['connect']>;

/**
 * Starts the Nat sandbox, the embedded DynamoDB unless a DynamoDB Local is given, and the functions
 * under serverless-offline, with the stream that leads from the ledger to `deliver`. The workspace
 * `local` exists before the API port opens.
 *
 * @throws {SettingError} if DynamoDB Local cannot be used
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stops: Stop[] = [];
  const stop = async () => {
    for (const stopPart of stops.splice(0).reverse()) await stopPart();
  };
  try {
    return { ...(await startAll(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param stops gets what stops each part, in the order of their start */
async function startAll(options: StackOptions, stops: Stop[]): Promise<Omit<Stack, 'stop'>> {
  const apiUrl = `http://localhost:${options.apiPort}`;
  // A DynamoDB Local may have records for `deliver` before the functions run.
  const ready = Promise.withResolvers<Functions>();
  const queue = await startUndeliveredQueue(async (event) =>
    (await ready.promise).invoke('recover', event),
  );
  stops.push(() => queue.stop());
  const player = createStreamPlayer(
    await readStreamTrigger(),
    async (event) =>
      (await (await ready.promise).invoke('deliver', event)) as DynamoDBBatchResponse,
    (records) => {
      options.onLine(`The stream gave up ${records.length} record(s). recover makes them due.`);
      queue.addGivenUp(records);
    },
  );
  const page = Promise.withResolvers<PageConnection>();
  const database = await startDatabase(options, (record) => {
    player.add(record);
    void page.promise.then(({ onRecord }) => onRecord(record));
  });
  stops.push(() => database.stop());
  const secretsManager = await startSecretsManager();
  stops.push(() => secretsManager.stop());
  await addLocalWorkspace(database.address, secretsManager.url);

  const feed = createPageFeed(database.address, secretsManager.url);
  stops.push(() => feed.stop());
  const { findTimeZone, readDelivery } = feed;
  const sandbox = await startSandbox({ port: options.natPort, apiUrl, findTimeZone, readDelivery });
  stops.push(() => sandbox.close());
  const connection = feed.connect(sandbox);
  page.resolve(connection);

  const functions = await startFunctions({
    ...options,
    dynamodb: database.address,
    natUrl: sandbox.url,
    onRequest: connection.onRequest,
    env: {
      UNDELIVERED_QUEUE_URL: queue.url,
      AWS_ENDPOINT_URL_SQS: new URL(queue.url).origin,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ENDPOINT_URL_DYNAMODB_STREAMS: database.address.endpoint,
      ...options.env,
    },
  });
  stops.push(
    () => functions.stop(),
    () => player.stop(),
  );
  ready.resolve(functions);
  const { invoke } = functions;
  return { apiUrl, natUrl: sandbox.url, dynamodb: database.address, invoke };
}

async function startDatabase(
  { dynamodb, onLine }: StackOptions,
  onRecord: (record: StreamRecord) => void,
): Promise<Database> {
  if (dynamodb === undefined) return startEmbeddedDatabase(onRecord);
  try {
    return await connectDynamoDBLocal(dynamodb, onRecord, onLine);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `DYNAMODB_ENDPOINT: cannot use DynamoDB Local at ${dynamodb.endpoint}: ${reason}`;
    throw new SettingError(message, { cause });
  }
}
