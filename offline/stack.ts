import { once } from 'node:events';
import { createServer } from 'node:net';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';
import { LOCAL_API_KEY, LOCAL_AWS } from '../cli/local-stack.ts';
import type { Database, DynamoDBAddress, StreamRecord } from './database.ts';
import { connectDynamoDBLocal } from './dynamodb-local.ts';
import { startEmbeddedDatabase } from './embedded-database.ts';
import { type Sandbox, startSandbox } from './sandbox/server.ts';
import { readStreamTrigger } from './serverless-config.ts';
import { type Functions, startFunctions } from './serverless-offline.ts';
import { createStreamPlayer } from './stream-player.ts';

/** Where the stack listens, always on this machine only. */
export interface StackOptions {
  apiPort: number;
  natPort: number;
  lambdaPort: number;
  /** A DynamoDB Local that runs already; without it, the embedded one. */
  dynamodb?: DynamoDBAddress | undefined;
  /** More for the functions' environment. */
  env?: NodeJS.ProcessEnv;
  /** Told each line that the functions print. */
  onLine: (line: string) => void;
}

/** The whole system on one laptop. */
export interface Stack {
  apiUrl: string;
  natUrl: string;
  dynamodb: DynamoDBAddress;
  /** Invokes a function by its name in `serverless.yml`. */
  invoke(name: string, payload: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** What whoever starts the stack has to change, with the variable that does. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/**
 * Starts the embedded DynamoDB or uses DynamoDB Local, starts the Nat sandbox, the functions under
 * serverless-offline and the ledger's stream, and adds the workspace `local`.
 *
 * @throws {SettingError} if a port is taken, or DynamoDB Local cannot be used
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  await refuseTakenPorts(options);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: StackOptions, stops: (() => Promise<void>)[]) {
  const apiUrl = `http://localhost:${options.apiPort}`;
  const sandbox: Sandbox = await startSandbox({ port: options.natPort, apiUrl });
  stops.push(() => sandbox.close());

  // A DynamoDB Local may have records before there is a function to take them.
  const ready = Promise.withResolvers<Functions>();
  const player = createStreamPlayer(
    await readStreamTrigger(),
    async (event) =>
      (await (await ready.promise).invoke('deliver', event)) as DynamoDBBatchResponse,
    options.onLine,
  );
  const database = await startDatabase(options, player.add);
  stops.push(() => database.stop());

  const functions = await startFunctions({
    ...options,
    dynamodb: database.address,
    natUrl: sandbox.url,
    env: options.env ?? {},
  });
  stops.push(
    () => functions.stop(),
    () => player.stop(),
  );
  await addWorkspace(functions.invoke);
  ready.resolve(functions);
  return {
    apiUrl,
    natUrl: sandbox.url,
    dynamodb: database.address,
    invoke: functions.invoke,
  };
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
    const message = `DYNAMODB_ENDPOINT: cannot use a DynamoDB Local at ${dynamodb.endpoint}: ${reason}`;
    throw new SettingError(message, { cause });
  }
}

/** Adds the workspace `local`, unless a DynamoDB Local has it from an earlier time. */
async function addWorkspace(invoke: Stack['invoke']): Promise<void> {
  const listed = z.array(z.looseObject({ workspace: z.string() }));
  const workspaces = listed.parse(await invoke('operate', { command: 'workspace.list' }));
  if (workspaces.some(({ workspace }) => workspace === 'local')) return;
  const local = { workspace: 'local', name: 'Local', apiKey: LOCAL_API_KEY };
  await invoke('operate', { command: 'workspace.add', ...local });
}

/**
 * @param env the environment: `DYNAMODB_ENDPOINT` names a DynamoDB Local that runs already
 */
export function dynamodbIn(env: NodeJS.ProcessEnv): DynamoDBAddress | undefined {
  const endpoint = env.DYNAMODB_ENDPOINT;
  return endpoint === undefined || endpoint === '' ? undefined : { endpoint, ...LOCAL_AWS };
}

async function refuseTakenPorts(options: StackOptions): Promise<void> {
  const ports = {
    API_PORT: options.apiPort,
    NAT_PORT: options.natPort,
    LAMBDA_PORT: options.lambdaPort,
  };
  for (const [variable, port] of Object.entries(ports)) {
    const same = Object.entries(ports).find(([other, at]) => other !== variable && at === port);
    if (same !== undefined) {
      throw new SettingError(`${variable} and ${same[0]} are both ${port}: set one to another`);
    }
    for (const host of LOOPBACK) await refuseTakenPort(variable, port, host);
  }
}

/** Both that `localhost` may be: a client tries either first. */
const LOOPBACK = ['127.0.0.1', '::1'];

async function refuseTakenPort(variable: string, port: number, host: string): Promise<void> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Not every machine has both.
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const problem = code === 'EACCES' ? 'is not yours to use' : 'is taken';
    throw new SettingError(`port ${port} ${problem}: set ${variable} to a free one`);
  }
  probe.close();
  await once(probe, 'close');
}
