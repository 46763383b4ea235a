import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commands } from '../../lib/operator/commands.ts';
import { contactKeyOf } from '../in-process/secrets.ts';
import { embeddedTables } from './embedded.ts';

const tables = embeddedTables();
const run = (request: object) => tables().operator.run(request);
const caller = 'arn:aws:sts::123456789012:assumed-role/Operator/jane';
const email = 'peter@example.com';
let workspace: string;

beforeEach(async () => {
  workspace = `w-${randomUUID()}`;
  await run({ command: 'workspace.add', workspace, name: 'Acme', apiKey: `${workspace}-old1` });
  await run({ command: 'workspace.rotate', workspace, apiKey: `${workspace}-new2` });
  tables().audited.length = 0;
});

afterEach(() => {
  tables().audited.length = 0;
});

it.each([
  ['workspace.update', { name: 'Other', natApiKey: 'a-key-for-nat' }, ['name', 'natApiKey']],
  ['workspace.rotate', { apiKey: `another-key-${randomUUID()}` }, ['apiKey']],
  ['workspace.revoke', { keyEnding: 'old1' }, ['keyEnding']],
  ['workspace.disable', {}, []],
  ['workspace.enable', {}, []],
  ['workspace.remove', {}, []],
  ['interactions.redrive', { perSecond: 5 }, ['perSecond']],
  ['contact.forget', { email }, ['email']],
])(
  '%s writes one line: who, what, which workspace, and no value',
  async (command, fields, options) => {
    await run({ command, caller, workspace, ...fields });
    expect(tables().audited).toEqual([{ command, caller, workspace, options }]);
  },
);

it('names a workspace whose id is made', async () => {
  const added = await run({
    command: 'workspace.add',
    name: 'Acme',
    sharedSecret: 'shared secret',
  });
  expect(tables().audited).toMatchObject([
    { command: 'workspace.add', caller: 'unknown', options: ['name', 'sharedSecret'] },
  ]);
  expect(added).toMatchObject({ workspace: tables().audited[0]?.workspace });
});

it('names the workspace of a command that continues', async () => {
  const { next } = (await run({ command: 'workspace.remove', workspace })) as { next: string };
  await run({ command: 'workspace.remove', caller, from: next });
  const command = 'workspace.remove';
  expect(tables().audited[1]).toEqual({ command, caller, workspace, options: ['from'] });
});

it('writes no line for what only reads, for a dry run, and for what is refused', async () => {
  const contactKey = contactKeyOf(workspace, email);
  const reading = Object.entries(commands).filter(([, { effect }]) => effect === 'reads');
  expect(reading.map(([command]) => command).sort()).toEqual([
    'interactions.list',
    'interactions.show',
    'stats',
    'workspace.list',
    'workspace.show',
  ]);
  await run({ command: 'interactions.list' });
  await run({ command: 'interactions.show', workspace, contactKey });
  await run({ command: 'workspace.show', workspace });
  await run({ command: 'workspace.list' });
  await run({ command: 'stats' });
  await run({ command: 'contact.forget', workspace, email, dryRun: true });
  await run({ command: 'interactions.redrive', dryRun: true });
  await run({ command: 'workspace.remove', workspace, dryRun: true });
  await expect(run({ command: 'workspace.update', workspace, colour: 'red' })).rejects.toThrow();
  expect(tables().audited).toEqual([]);
});
