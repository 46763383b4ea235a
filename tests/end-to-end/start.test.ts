import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { afterEach, expect, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Runs `npm start`'s command and collects what it prints. */
function start(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['offline/start.ts'], {
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
  const [api, nat, lambda] = [await getPort(), await getPort(), await getPort()];
  return { API_PORT: String(api), NAT_PORT: String(nat), LAMBDA_PORT: String(lambda) };
}

it("takes the banner's curl once, then calls it a duplicate, and ends on Ctrl-C", async () => {
  const env = await ports();
  const { child, printed } = start(env);
  await vi.waitFor(() => expect(printed.out).toContain('Ready.'), { timeout: 30_000 });
  expect(printed.out).toContain(`http://localhost:${env.API_PORT}`);
  expect(printed.out).toContain(`http://localhost:${env.NAT_PORT}`);
  expect(printed.out).toContain('local-api-key');

  const command = /^ *curl [\s\S]*?'$/m.exec(printed.out)?.[0] ?? '';
  const paste = () => promisify(execFile)('sh', ['-c', `${command} -s`]);
  expect((await paste()).stdout).toMatch(/202 Accepted[\s\S]*\{"status":"accepted"\}/);
  expect((await paste()).stdout).toMatch(/200 OK[\s\S]*\{"status":"duplicate"\}/);

  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  for (const port of Object.values(env)) {
    await expect(fetch(`http://localhost:${port}`)).rejects.toThrow('fetch failed');
  }
}, 60_000);

it.each([
  ['API_PORT', '127.0.0.1'],
  ['NAT_PORT', '127.0.0.1'],
  ['LAMBDA_PORT', '127.0.0.1'],
  ['NAT_PORT', '::1'],
] as const)('names %s if its port is taken at %s, in one line', async (variable, host) => {
  const env = await ports();
  const other = createServer().listen(Number(env[variable]), host);
  await once(other, 'listening');
  const { child, printed } = start(env);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(printed.err).toMatch(new RegExp(`^port \\d+ is taken: set ${variable} [^\\n]*\\n$`));
  other.close();
});

it('names two variables with the same port, in one line', async () => {
  const { NAT_PORT } = await ports();
  const { child, printed } = start({ ...(await ports()), NAT_PORT, LAMBDA_PORT: NAT_PORT });
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(printed.err).toMatch(/^NAT_PORT and LAMBDA_PORT are both \d+: [^\n]*\n$/);
});

it('names a port that fetch refuses to call, in one line', async () => {
  const { child, printed } = start({ ...(await ports()), NAT_PORT: '6000' });
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(printed.err).toBe('fetch refuses to call port 6000: set NAT_PORT to another one\n');
});
