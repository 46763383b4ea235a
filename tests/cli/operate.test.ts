import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url);
let lambda: Server | undefined;

afterEach(() => lambda?.close());

/** Runs the command line over a function that gives these answers, or fails when they are used up. */
async function operate(args: string[], answers: object[]) {
  const requests: unknown[] = [];
  lambda = createServer(async (request, response) => {
    requests.push(JSON.parse(await text(request)));
    const answer = answers[requests.length - 1];
    if (answer === undefined) response.setHeader('x-amz-function-error', 'Unhandled');
    response.end(JSON.stringify(answer ?? { errorMessage: 'from: it is used up' }));
  }).listen(0, '127.0.0.1');
  await once(lambda, 'listening');
  const { port } = lambda.address() as AddressInfo;
  const child = spawn(process.execPath, ['cli/operate.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, LAMBDA_PORT: String(port) },
  });
  const ended = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { requests, out, err, code };
}

const first = { dead: 3, stuck: 0, scanned: 500, dryRun: true, done: false, next: 'first' };
const second = { dead: 1, stuck: 1, scanned: 400, dryRun: true, done: false, next: 'second' };
const last = { dead: 0, stuck: 2, scanned: 30, dryRun: true, done: true };

it('goes on with a long command until it is done, says how far it is, and adds up', async () => {
  const args = ['interactions.redrive', '--workspace', 'acme', '--dry-run'];
  const { requests, out, err, code } = await operate(args, [first, second, last]);
  const command = 'interactions.redrive';
  expect(requests).toEqual([
    { command, workspace: 'acme', dryRun: true },
    { command, from: 'first' },
    { command, from: 'second' },
  ]);
  expect(err.split('\n')).toEqual([
    '3 dead, 0 stuck, 500 scanned; cut off here, it goes on with --from first',
    '4 dead, 1 stuck, 900 scanned; cut off here, it goes on with --from second',
    '',
  ]);
  expect(JSON.parse(out)).toEqual({ dead: 4, stuck: 3, scanned: 930, dryRun: true, done: true });
  expect(code).toBe(0);
});

it('tells where to go on when it fails on the way', async () => {
  const { requests, err, code } = await operate(
    ['interactions.redrive', '--from', 'zero'],
    [first],
  );
  expect(requests[0]).toEqual({ command: 'interactions.redrive', from: 'zero' });
  expect(err).toContain('--from first\n');
  expect(err).toContain('--from: it is used up');
  expect(code).toBe(1);
});
