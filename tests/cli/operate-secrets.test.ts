import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { operate } from './run-operate.ts';

const ARN = 'arn:aws:sts::123456789012:assumed-role/Operator/jane';
const forget = ['contact.forget', '--workspace', 'acme', '--email', 'ann@example.com'];
const contact = { command: 'contact.forget', workspace: 'acme', email: 'ann@example.com' };
const preview = { dryRun: true, interactions: [{ day: '2020-05-31', status: 'dead' }] };
const forgotten = { forgotten: 1 };

describe('a secret', () => {
  const rotate = ['workspace.rotate', '--workspace', 'acme'];

  it('is read from standard input, without the end of the line', async () => {
    const stdin = 'key-from-a-pipe\n';
    const { requests } = await operate([...rotate, '--api-key', '-'], [{}], { stdin });
    expect(requests).toMatchObject([{ apiKey: 'key-from-a-pipe' }]);
  });

  it('is read from the variable that is named, and from no other', async () => {
    const env = { NEW_KEY: 'key-from-env', API_KEY: 'not-asked-for', NAT_API_KEY: 'nor-this' };
    const { requests } = await operate([...rotate, '--api-key', 'env:NEW_KEY'], [{}], { env });
    const command = 'workspace.rotate';
    expect(requests).toEqual([{ command, workspace: 'acme', apiKey: 'key-from-env' }]);
    const made = await operate(rotate, [{}], { env });
    expect(made.requests).toEqual([{ command, workspace: 'acme' }]);
  });

  it.each([
    [
      'of a variable that is not set',
      ['--api-key', 'env:NO_SUCH_KEY'],
      /^--api-key: .*NO_SUCH_KEY/,
    ],
    ['twice from standard input', ['--api-key', '-', '--nat-api-key', '-'], /only one of them/],
  ])('is refused %s', async (_what, args, message) => {
    const { requests, err, code } = await operate([...rotate, ...args], [{}]);
    expect(err).toMatch(message);
    expect(requests).toEqual([]);
    expect(code).toBe(1);
  });

  it('is marked in the help, which says how to give it', async () => {
    const { out } = await operate(['workspace.update', '--help'], []);
    for (const option of ['--nat-api-key', '--shared-secret']) {
      expect(out).toMatch(new RegExp(`${option} <value> [^]*?\\[secret\\]`));
    }
    expect(out).toContain('standard input (-)');
    expect(out).toContain('env:NAME');
  });
});

describe('a command that deletes', () => {
  it('shows what it would delete, and asks on a terminal', async () => {
    const surroundings = { stdin: 'yes\n', isTerminal: true };
    const { requests, out, err } = await operate(forget, [preview, forgotten], surroundings);
    expect(requests).toEqual([{ ...contact, dryRun: true }, contact]);
    expect(err).toContain('2020-05-31  dead');
    expect(err).toContain('(yes/no)');
    expect(out).toBe('forgotten  1\n');
  });

  it('deletes nothing if the reply is not yes', async () => {
    const surroundings = { stdin: 'y\n', isTerminal: true };
    const { requests, err, code } = await operate(forget, [preview], surroundings);
    expect(requests).toEqual([{ ...contact, dryRun: true }]);
    expect(err).toContain('nothing was deleted');
    expect(code).toBe(0);
  });

  it('needs --yes without a terminal', async () => {
    const { requests, err, code } = await operate(forget, [preview]);
    expect(requests).toEqual([{ ...contact, dryRun: true }]);
    expect(err).toContain('--yes: is required');
    expect(code).toBe(1);
  });

  it('does not ask with --yes, on a dry run, or when it continues', async () => {
    expect((await operate([...forget, '--yes'], [forgotten])).requests).toEqual([contact]);
    const dryRun = await operate([...forget, '--dry-run'], [preview]);
    expect(dryRun.requests).toEqual([{ ...contact, dryRun: true }]);
    const resumed = await operate(['workspace.remove', '--from', 'next'], [{ done: true }]);
    expect(resumed.requests).toEqual([{ command: 'workspace.remove', from: 'next' }]);
  });
});

describe('the caller', () => {
  const disable = ['workspace.disable', '--workspace', 'acme', '--stage', 'prod'];
  const sts = (_request: IncomingMessage, response: ServerResponse) =>
    response.end(
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${ARN}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    );

  it('is told to the function of a deployment for what changes something', async () => {
    const { requests } = await operate(disable, [{}], { onOther: sts });
    expect(requests).toEqual([{ command: 'workspace.disable', workspace: 'acme', caller: ARN }]);
  });

  it('is left out if AWS does not say', async () => {
    const onOther = (_request: IncomingMessage, response: ServerResponse) => {
      response.statusCode = 403;
      response.end();
    };
    const { requests } = await operate(disable, [{}], { onOther });
    expect(requests).toEqual([{ command: 'workspace.disable', workspace: 'acme' }]);
  });

  it('is not asked for by what only reads', async () => {
    const onOther = () => {
      throw new Error('called');
    };
    const { requests } = await operate(['stats', '--stage', 'prod'], [{}], { onOther });
    expect(requests).toEqual([{ command: 'stats' }]);
  });
});
