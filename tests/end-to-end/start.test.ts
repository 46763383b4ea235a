import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pRetry from 'p-retry';
import { afterEach, expect, it, vi } from 'vitest';
import { findFreePort } from '../free-port.ts';
import { recommended, someone } from './client.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Runs the command of `npm start` and collects what it prints. */
function start(env: NodeJS.ProcessEnv, ...args: string[]) {
  const child = spawn(process.execPath, ['offline/start.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });
  started.push(child);
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.err += text;
  });
  return { child, printed };
}

async function ports() {
  const [api, nat, lambda] = [await findFreePort(), await findFreePort(), await findFreePort()];
  return { API_PORT: String(api), NAT_PORT: String(nat), LAMBDA_PORT: String(lambda) };
}

it("accepts the banner's command once, then answers duplicate, and stops on Ctrl-C", async () => {
  const env = await ports();
  const { child, printed } = start(env);
  await vi.waitFor(() => expect(printed.out).toContain('Ready.'), { timeout: 30_000 });
  expect(printed.out).toContain(`http://localhost:${env.API_PORT}`);
  expect(printed.out).toContain(`http://localhost:${env.NAT_PORT}`);
  expect(printed.out).toContain('local-api-key');

  const command = /^ *curl [\s\S]*?'$/m.exec(printed.out)?.[0] ?? '';
  const paste = () => promisify(execFile)('sh', ['-c', `${command} -s`]);
  expect((await paste()).stdout).toMatch(/200 OK[\s\S]*\{"status":"accepted"\}/);
  expect((await paste()).stdout).toMatch(/200 OK[\s\S]*\{"status":"duplicate"\}/);

  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  for (const port of Object.values(env)) {
    await expect(fetch(`http://localhost:${port}`)).rejects.toThrow('fetch failed');
  }
}, 60_000);

it('accepts the first request that reaches the API port', async () => {
  const env = await ports();
  start(env);
  const response = await pRetry(
    () =>
      fetch(`http://localhost:${env.API_PORT}/v1/identify`, {
        method: 'POST',
        headers: { authorization: 'Bearer local-api-key', 'content-type': 'application/json' },
        body: JSON.stringify(recommended(someone())),
      }),
    { retries: 3000, minTimeout: 10, factor: 1 },
  );
  expect(response.ok).toBe(true);
}, 60_000);

it.each([
  ['--port', 'API_PORT', '127.0.0.1'],
  ['--nat-port', 'NAT_PORT', '127.0.0.1'],
  ['--lambda-port', 'LAMBDA_PORT', '127.0.0.1'],
  ['--nat-port', 'NAT_PORT', '::1'],
] as const)(
  'shows a command with %s if the port of %s is taken at %s',
  async (option, variable, host) => {
    const env = await ports();
    const other = createServer().listen(Number(env[variable]), host);
    await once(other, 'listening');
    const { child, printed } = start(env);
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(printed.err).toMatch(
      new RegExp(
        `^${option}: port ${env[variable]} is taken. Choose another one: npm start -- ${option} \\d+\\n$`,
      ),
    );
    other.close();
  },
);

it.each(['--port', '--nat-port'])('refuses a port that fetch blocks for %s', async (option) => {
  const { child, printed } = start(await ports(), option, '6665');
  expect(await once(child, 'exit')).toEqual([1, null]);
  // 6665 to 6669 are blocked.
  expect(printed.err).toBe(
    `${option}: port 6665 is blocked by browsers and by fetch. Choose another one: npm start -- ${option} 6670\n`,
  );
});

it('refuses the same port for two parts', async () => {
  const { NAT_PORT } = await ports();
  const { child, printed } = start({ ...(await ports()), NAT_PORT }, '--lambda-port', NAT_PORT);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(printed.err).toMatch(
    /^--lambda-port: port \d+ is the same as --nat-port. Choose another one: npm start -- --lambda-port \d+\n$/,
  );
});

it.each([
  [
    'an unknown option',
    ['--prot', '3001'],
    "error: unknown option '--prot'\n(Did you mean --port?)",
  ],
  ['no number as a port', ['--port', 'http'], 'Expected a port from 1 to 65535.'],
  ['an argument that is no option', ['3001'], 'error: too many arguments.'],
])('refuses %s, and names --help', async (_, args, message) => {
  const { child, printed } = start({}, ...args);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(printed.err).toContain(message);
  expect(printed.err).toContain('--help');
});

it('lists its options and variables with --help, and starts nothing', async () => {
  const { child, printed } = start({}, '--help');
  expect(await once(child, 'exit')).toEqual([0, null]);
  for (const word of ['--port', 'API_PORT', '--nat-port', '--lambda-port', 'DYNAMODB_ENDPOINT']) {
    expect(printed.out).toContain(word);
  }
});
