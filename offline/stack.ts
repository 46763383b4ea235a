import { once } from 'node:events';
import { createServer } from 'node:net';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { startDatabase } from './database.ts';
import { startFunctions } from './functions.ts';
import { type Sandbox, startSandbox } from './sandbox/server.ts';
import { readStreamTrigger } from './serverless-config.ts';
import { createStreamPlayer } from './stream.ts';

/** The API key of the workspace `local`. */
export const LOCAL_API_KEY = 'local-api-key';

/** Where the stack listens, always on this machine only. */
export interface StackOptions {
  apiPort: number;
  natPort: number;
  lambdaPort: number;
  /** More for the functions' environment. */
  env?: NodeJS.ProcessEnv;
  /** Told each line that the functions print. */
  onLine: (line: string) => void;
}

/** The whole system on one laptop. */
export interface Stack {
  apiUrl: string;
  natUrl: string;
  dynamodbEndpoint: string;
  /** Invokes a function by its name in `serverless.yml`. */
  invoke(name: string, payload: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** A port that somebody else listens on, with the variable that changes it. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/**
 * Starts the embedded DynamoDB, the Nat sandbox, the functions under serverless-offline and the
 * ledger's stream, and adds the workspace `local`.
 *
 * @throws {PortTakenError} if a port is taken
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

  const player = createStreamPlayer(
    await readStreamTrigger(),
    async (event) => (await functions.invoke('deliver', event)) as DynamoDBBatchResponse,
    options.onLine,
  );
  const database = await startDatabase((write) => void player.add(write));
  stops.push(() => database.stop());
  player.connect(database.endpoint);

  const functions = await startFunctions({
    ...options,
    dynamodbEndpoint: database.endpoint,
    natUrl: sandbox.url,
    env: options.env ?? {},
  });
  stops.push(
    () => functions.stop(),
    () => player.stop(),
  );
  await functions.invoke('operate', {
    command: 'workspace.add',
    id: 'local',
    name: 'Local',
    apiKey: LOCAL_API_KEY,
  });
  return {
    apiUrl,
    natUrl: sandbox.url,
    dynamodbEndpoint: database.endpoint,
    invoke: functions.invoke,
  };
}

async function refuseTakenPorts(options: StackOptions): Promise<void> {
  const ports = {
    API_PORT: options.apiPort,
    NAT_PORT: options.natPort,
    LAMBDA_PORT: options.lambdaPort,
  };
  for (const [variable, port] of Object.entries(ports)) {
    const probe = createServer().listen(port, '127.0.0.1');
    await once(probe, 'listening').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new PortTakenError(`port ${port} is taken: set ${variable} to a free one`);
    });
    probe.close();
    await once(probe, 'close');
  }
}
