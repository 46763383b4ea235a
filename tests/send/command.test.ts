import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Runs the command and collects what it prints. */
function send(...args: string[]) {
  const child = spawn(process.execPath, ['cli/send.ts', ...args], { cwd: ROOT });
  started.push(child);
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (out: string) => {
    printed.out += out;
  });
  child.stderr.setEncoding('utf8').on('data', (err: string) => {
    printed.err += err;
  });
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  return { child, printed, ended };
}

/** A service that takes batches of `first` events, and has no time for others. */
async function serveFirst() {
  const server = createServer(async (request, response) => {
    if (!(await text(request)).includes('first')) return response.writeHead(503).end();
    const results = Array.from({ length: 500 }, () => ({ status: 'accepted' }));
    return response.writeHead(200).end(JSON.stringify({ results }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

it('says once that it waits, and on Ctrl-C what was sent and how to go on', async () => {
  const { url, close } = await serveFirst();
  const { child, printed, ended } = send('-', '--url', url, '--key', 'the-key');
  // Two batches, and the beginning of one that is never complete.
  child.stdin.write(`${'{"name":"first"}\n'.repeat(500)}${'{"name":"second"}\n'.repeat(501)}`);
  await vi.waitFor(() => expect(printed.err).not.toBe(''), { timeout: 10_000 });
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(printed.out).toBe('500 accepted, 0 duplicate, 0 ignored, 0 rejected\n');
  expect(printed.err).toBe(
    'the service does not take events now (status 503): trying again\nrun it again to go on\n',
  );
  close();
});

it('ends on Ctrl-C while it waits for its input', async () => {
  const { child, printed, ended } = send('-', '--url', 'http://127.0.0.1:1', '--key', 'the-key');
  child.stdin.write('nope\n'.repeat(501));
  const last = 'line 500: the line: expected an event as JSON\n';
  await vi.waitFor(() => expect(printed.out).toContain(last), { timeout: 10_000 });
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  // The line that was not settled yet needs no service.
  expect(printed.out).toMatch(/\n0 accepted, 0 duplicate, 0 ignored, 50[01] rejected\n$/);
  expect(printed.err).toBe('run it again to go on\n');
});

it('ends with one line if there is no such file, or a wrong option', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'send-'));
  const missing = join(folder, 'missing.json');
  for (const [args, line] of [
    [[missing], `there is no file ${missing}\n`],
    [[folder], `${folder} is a directory: expected a file\n`],
    [[], 'expected one FILE, or - for standard input (--help says more)\n'],
  ] as const) {
    const { printed, ended } = send(...args);
    expect(await ended).toBe(1);
    expect(printed).toEqual({ out: '', err: line });
  }
});

it('ends well with an empty file', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'send-')), 'empty.json');
  await writeFile(file, '');
  const { printed, ended } = send(file);
  expect(await ended).toBe(0);
  expect(printed).toEqual({
    out: '0 accepted, 0 duplicate, 0 ignored, 0 rejected\n',
    err: '',
  });
});
