import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pRetry from 'p-retry';
import { findFreePort } from '../free-port.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where `serverless.yml` deploys unless it is told otherwise. */
export const REGION = 'eu-central-1';

/** An AWS on this machine. */
export interface Cloud {
  endpoint: string;
  /** A folder for what the tests write. It is deleted at the end. */
  home: string;
  /** The environment of an operator: nothing of this machine's own AWS. */
  env: Record<string, string>;
}

/** Starts MiniStack on a free port of the loopback interface, and returns what stops it too. */
export async function startCloud(): Promise<{ cloud: Cloud; stop: () => Promise<void> }> {
  const tools = process.env.DEPLOY_TOOLS;
  if (tools === undefined) throw new Error('run it with npm run test:deploy');
  const home = await mkdtemp(join(tmpdir(), 'deploy-'));
  const port = await findFreePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const path = [tools, dirname(process.execPath), process.env.PATH].join(':');
  const server = spawn(join(tools, 'python'), [join(ROOT, 'tests/deploy/aws.py')], {
    cwd: home,
    // A group of its own, so that its workers end with it.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: path,
      HOME: home,
      TMPDIR: home,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_REGION: REGION,
      LOG_LEVEL: 'ERROR',
      // The roles of the functions and the policy of the deployer count.
      AUTH: 'true',
    },
  });
  await pRetry(() => fetch(`${endpoint}/_ministack/health`), {
    retries: 300,
    minTimeout: 100,
    factor: 1,
  });
  const env = {
    PATH: path,
    HOME: home,
    AWS_ENDPOINT_URL: endpoint,
    // MiniStack takes them for the root user of its account.
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return {
    cloud: { endpoint, home, env },
    stop: async () => {
      await stop(server);
      await rm(home, { recursive: true });
    },
  };
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null) return;
  const ended = once(server, 'exit');
  process.kill(-server.pid, 'SIGTERM');
  await ended;
}
