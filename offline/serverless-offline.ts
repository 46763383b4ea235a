import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pRetry from 'p-retry';
import { invoke, lambdaClient } from '../cli/lambda.ts';
import type { DynamoDBAddress } from './database.ts';
import type { RecordedRequest } from './read-request.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A blank line, or a line of the box in which serverless-offline shows its own routes. */
const NO_LINE = /^\s*(?:[┌│└].*)?$/;
const STOP_TIMEOUT_MS = 3000;

/** What serverless-offline and the functions are started with. */
export interface FunctionsOptions {
  apiPort: number;
  lambdaPort: number;
  dynamodb: DynamoDBAddress;
  natUrl: string;
  /** Added to the environment of the functions. */
  env: NodeJS.ProcessEnv;
  /** Called with each line that the functions and serverless-offline print. */
  onLine: (line: string) => void;
  /** Called with each request to the API when it has ended. */
  onRequest: (request: RecordedRequest) => void;
}

/** The functions of `serverless.yml`, run by serverless-offline in a process of its own. */
export interface Functions {
  /**
   * Invokes a function and returns its result.
   *
   * @throws {Error} with the function's own message if it failed
   */
  invoke(name: string, payload: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts serverless-offline and waits until the API answers.
 *
 * @throws {Error} if serverless-offline ends before that
 */
export async function startFunctions(options: FunctionsOptions): Promise<Functions> {
  const child = spawnServerlessOffline(options);
  const earlyExit = once(child, 'exit').then(() => {
    throw new Error('serverless-offline ended before it was ready');
  });
  earlyExit.catch(() => {});
  const health = `http://127.0.0.1:${options.apiPort}/v1/health`;
  await Promise.race([
    earlyExit,
    pRetry(() => fetch(health), { retries: 600, minTimeout: 50, factor: 1 }),
  ]);
  const lambda = lambdaClient(options.lambdaPort);
  return {
    invoke: (name, payload) => invoke(lambda, `nat-destination-local-${name}`, payload),
    stop: async () => {
      lambda.destroy();
      await stop(child);
      await rm(join(ROOT, buildFolder(options)), { recursive: true, force: true });
    },
  };
}

/** Every stack bundles the functions into a folder of its own. */
function buildFolder({ apiPort }: FunctionsOptions): string {
  return `.esbuild/${apiPort}`;
}

function spawnServerlessOffline(options: FunctionsOptions): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      '--import=./offline/gateway.ts',
      '--import=./offline/request-recorder.ts',
      'node_modules/serverless/bin/serverless.js',
      'offline',
      'start',
      '--stage=local',
      '--host=127.0.0.1',
      `--httpPort=${options.apiPort}`,
      `--lambdaPort=${options.lambdaPort}`,
      '--useInProcess',
      '--noSponsor',
    ],
    {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      // Keeps bytes as they are.
      serialization: 'advanced',
      env: {
        ...process.env,
        AWS_REGION: options.dynamodb.region,
        AWS_ACCESS_KEY_ID: options.dynamodb.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: options.dynamodb.credentials.secretAccessKey,
        AWS_ENDPOINT_URL_DYNAMODB: options.dynamodb.endpoint,
        NAT_API_URL: `${options.natUrl}/identify`,
        ESBUILD_FOLDER: buildFolder(options),
        SLS_LOG_LEVEL: 'warning',
        ...options.env,
      },
    },
  );
  // Only request-recorder.ts sends messages.
  child.on('message', (message) => options.onRequest(message as RecordedRequest));
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (!NO_LINE.test(line)) options.onLine(line);
    });
  }
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const killTimer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(killTimer);
}
