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

async function fileOf(content: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'send-')), 'events.json');
  await writeFile(file, content);
  return file;
}

it('prints each retry episode once, and after Ctrl-C the summary and how to continue', async () => {
  const server = createServer(async (request, response) => {
    if (!(await text(request)).includes('first')) return response.writeHead(503).end();
    const results = Array.from({ length: 200 }, () => ({ status: 'accepted' }));
    return response.writeHead(200).end(JSON.stringify({ results }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { child, printed, ended } = send('-', '--url', `http://127.0.0.1:${port}`, '--key', 'key');
  // Two batches, and the beginning of a third.
  child.stdin.write(`${'{"name":"first"}\n'.repeat(200)}${'{"name":"second"}\n'.repeat(201)}`);
  await vi.waitFor(() => expect(printed.err).not.toBe(''), { timeout: 60_000 });
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(printed).toEqual({
    out: '200 accepted, 0 duplicate, 0 ignored, 0 rejected\n',
    err: 'The service is unavailable (status 503). Retrying.\nInterrupted. Run it again to continue.\n',
  });
  server.close();
});

it('ends on Ctrl-C while it waits for input', async () => {
  const { child, printed, ended } = send('-');
  child.stdin.write('nope\n'.repeat(201));
  await vi.waitFor(() => expect(printed.out).toContain('line 20: '), { timeout: 60_000 });
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(printed.out).toMatch(/\n0 accepted, 0 duplicate, 0 ignored, 201 rejected\n$/);
  expect(printed.err).toBe('Interrupted. Run it again to continue.\n');
});

it('prints 20 rejected events of each code, and how many more there are', async () => {
  const tooLarge = JSON.stringify({ long: 'x'.repeat(33_000) });
  const { printed, ended } = send(await fileOf(`${'nope\n'.repeat(600)}${tooLarge}`));
  expect(await ended).toBe(1);
  expect(printed.err).toBe('');
  expect(printed.out.split('\n')).toEqual([
    ...Array.from(
      { length: 20 },
      (_, n) => `line ${n + 1}: The line is not valid JSON. (json_invalid)`,
    ),
    'line 601: The event is larger than 32 KB. (event_too_large)',
    '580 more events were rejected (json_invalid)',
    '0 accepted, 0 duplicate, 0 ignored, 601 rejected',
    '',
  ]);
});

it('ends with one line if the input is no file of events', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'send-'));
  for (const [file, message] of [
    [join(folder, 'missing'), /^There is no file .*missing\.\n$/],
    [folder, /^There is no file .*\n$/],
    [await fileOf('email,timestamp\na,b\na,b\n'), /^This looks like CSV\. .*\n$/],
    [await fileOf(''), /^There is no event in the input\. .*\n$/],
    [await fileOf('{"batch":[]}'), /^There is no event in the input\. .*\n$/],
  ] as const) {
    const { printed, ended } = send(file);
    expect(await ended).toBe(1);
    expect(printed).toEqual({ out: '', err: expect.stringMatching(message) });
  }
});
