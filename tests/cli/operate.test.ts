import { expect, it } from 'vitest';
import { Failure, operate, Refusal } from './run-operate.ts';

const first = { dead: 3, stuck: 0, scanned: 500, dryRun: true, done: false, next: 'first' };
const second = { dead: 1, stuck: 1, scanned: 400, dryRun: true, done: false, next: 'second' };
const last = { dead: 0, stuck: 2, scanned: 30, dryRun: true, done: true };

it('continues a long command until it is done, shows its progress, and adds up', async () => {
  const args = ['interactions.redrive', '--workspace', 'acme', '--dry-run', '--json'];
  const { requests, out, err, code } = await operate(args, [first, second, last]);
  const command = 'interactions.redrive';
  expect(requests).toEqual([
    { command, workspace: 'acme', dryRun: true },
    { command, from: 'first' },
    { command, from: 'second' },
  ]);
  expect(err.split('\n')).toEqual([
    '3 dead, 0 stuck, 500 scanned; if interrupted, continue with --from first',
    '4 dead, 1 stuck, 900 scanned; if interrupted, continue with --from second',
    '',
  ]);
  expect(JSON.parse(out)).toEqual({ dead: 4, stuck: 3, scanned: 930, dryRun: true, done: true });
  expect(code).toBe(0);
});

it('says where to continue when it fails on the way', async () => {
  const { requests, err, code } = await operate(
    ['interactions.redrive', '--from', 'zero'],
    [first],
  );
  expect(requests[0]).toEqual({ command: 'interactions.redrive', from: 'zero' });
  expect(err).toContain('--from first\n');
  expect(err).toContain('--from: it is used up');
  expect(code).toBe(1);
});

it('shows a key that was made at once, and again at the end', async () => {
  const started = { workspace: 'acme', apiKey: 'made-key', released: 200, done: false, next: 'a' };
  const ended = { released: 20, done: true };
  const args = ['workspace.rotate', '--workspace', 'acme', '--json'];
  const { out, err } = await operate(args, [started, ended]);
  expect(err).toContain('the new API key is made-key; 200 released; if interrupted');
  expect(JSON.parse(out)).toEqual({
    ...{ workspace: 'acme', apiKey: 'made-key' },
    ...{ released: 220, done: true },
  });
});

it('waits until a command can continue', async () => {
  const resumeAt = new Date(Date.now() + 1500).toISOString();
  const waits = { delivered: 0, done: false, next: 'later', resumeAt };
  const args = ['workspace.remove', '--workspace', 'acme', '--yes', '--json'];
  const { requests, err, out } = await operate(args, [waits, { delivered: 7, done: true }]);
  expect(requests).toHaveLength(2);
  expect(err).toContain(`continues by itself at ${resumeAt}`);
  expect(JSON.parse(out)).toEqual({ delivered: 7, done: true });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(resumeAt));
});

it('prints tables for people', async () => {
  const rows = [
    { workspace: 'acme', name: 'Acme Ltd', natKeyRejectedAt: '2026-11-24', keys: [] },
    { workspace: 'bob', name: 'Bob', keys: [] },
  ];
  expect((await operate(['workspace.list'], [rows])).out.split('\n')).toEqual([
    'workspace  name      nat key rejected at',
    'acme       Acme Ltd  2026-11-24',
    'bob        Bob       -',
    '',
  ]);
  const one = { workspace: 'acme', signed: false, keys: [{ ending: 'abcd', validUntil: null }] };
  const { out } = await operate(['workspace.show', '--workspace', 'acme'], [one]);
  expect(out.split('\n')).toEqual([
    'workspace  acme',
    'signed     false',
    '',
    'keys:',
    'ending  valid until',
    'abcd    -',
    '',
  ]);
});

it('prints JSON for programs', async () => {
  const rows = [{ workspace: 'acme', customFormat: { email: 'mail' } }];
  const { out } = await operate(['workspace.list', '--json'], [rows]);
  expect(JSON.parse(out)).toEqual(rows);
});

it('says how to see the next page of a list', async () => {
  const page = { interactions: [{ day: '2020-05-31', status: 'dead' }], next: 'two' };
  const { out, err, requests } = await operate(['interactions.list'], [page]);
  expect(out).toContain('2020-05-31  dead');
  expect(err).toBe('there are more: --from two\n');
  expect(requests).toHaveLength(1);
});

it.each([
  [['workspace.rotat'], /unknown command.*\n.*workspace\.rotate/],
  [['workspace.rotate', '--api-ky', 'x'], /unknown option.*\n.*--api-key/],
  [['workspace.show', '--id', 'acme'], /unknown option '--id'/],
  [['workspace.list', '--workspace', 'acme'], /unknown option '--workspace'/],
  [['stats', 'all'], /too many arguments/],
  [['workspace.show'], /^--workspace: is required/],
  [['workspace.rotate', '--api-key', '--grace-hours', '1'], /value is missing/],
  [['workspace.update', '--workspace', 'acme', '--sample', '{'], /must be JSON/],
  [['interactions.list', '--status', 'ded'], /Allowed choices are .*dead/],
])('refuses %j without calling the function', async (args, message) => {
  const { requests, err, code } = await operate(args, []);
  expect(err).toMatch(message);
  expect(requests).toEqual([]);
  expect(code).toBe(1);
});

it('takes a key that begins with a hyphen', async () => {
  const args = ['workspace.rotate', '--workspace', 'acme', '--api-key', '-key-with-hyphen'];
  const { requests } = await operate(args, [{}]);
  expect(requests).toMatchObject([{ apiKey: '-key-with-hyphen' }]);
});

it.each([
  [
    new Failure('OperatorError', 'graceHours: too many; email: no'),
    '--grace-hours: too many; --email: no\n',
  ],
  [new Failure('OperatorError', 'use graceHours 0, please'), 'use --grace-hours 0, please\n'],
  [
    new Failure('OwnError', 'failed with ThrottlingException, status 400'),
    'failed with ThrottlingException, status 400\n',
  ],
  [
    new Failure('ProvisionedThroughputExceededException', 'Rate exceeded'),
    'ProvisionedThroughputExceededException: Rate exceeded\n',
  ],
])('shows the error %j of the function as it is', async (failure, expected) => {
  const { err, code } = await operate(['stats'], [failure]);
  expect(err).toBe(expected);
  expect(code).toBe(1);
});

it('shows an error of AWS as it is', async () => {
  const refusal = new Refusal('ResourceNotFoundException', 'Function not found: operate');
  const { err } = await operate(['stats', '--stage', 'prod'], [refusal]);
  expect(err).toBe('ResourceNotFoundException: Function not found: operate\n');
});

it('says that the local stack is not running', async () => {
  const { err } = await operate(['stats'], [], { env: { LAMBDA_PORT: '9' } });
  expect(err).toMatch(/^the local stack is not running: .*npm start.*LAMBDA_PORT/);
});
