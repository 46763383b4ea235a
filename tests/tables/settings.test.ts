import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIntake } from '../../lib/intake/accept.ts';
import { OperatorError } from '../../lib/operator/operator-error.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { secretSource } from '../in-process/secrets.ts';
import { embeddedTables } from './embedded.ts';

const tables = embeddedTables();
const SAMPLE = { type: 'identify', at: '2020-05-31T17:55:47Z', user: { mail: 'ann@example.com' } };
const PATHS = { emailPath: 'user.mail', timestampPath: 'at' };

async function add(more: object = {}): Promise<string> {
  const id = `w-${randomUUID()}`;
  await tables().operator.run({ command: 'workspace.add', workspace: id, name: 'Acme', ...more });
  return id;
}

function update(id: string, changes: object): Promise<unknown> {
  return tables().operator.run({ command: 'workspace.update', workspace: id, ...changes });
}

/** Reads a workspace as a new container does. */
async function fresh(id: string) {
  const workspace = await createWorkspaces(tables().db, TABLES.Workspaces).findById(id);
  if (workspace === undefined) throw new Error('not there');
  return workspace;
}

describe('a custom format', () => {
  it('is set with a sample, which shows what it extracts', async () => {
    const id = await add({ timeZone: 'Pacific/Kiritimati' });
    const shown = await update(id, { ...PATHS, sample: SAMPLE });
    expect(shown).toMatchObject({
      workspace: id,
      customFormat: { email: 'user.mail', timestamp: 'at' },
      extracted: {
        email: 'ann@example.com',
        timestamp: '2020-05-31T17:55:47.000Z',
        day: '2020-06-01',
        description: 'Used the product',
        format: 'custom',
      },
    });
    expect(await fresh(id)).toMatchObject({ customFormat: { email: 'user.mail' } });
  });

  it('applies to events, and stays when the key is rotated', async () => {
    const id = await add();
    await update(id, { ...PATHS, sample: SAMPLE });
    await tables().operator.run({ command: 'workspace.rotate', workspace: id });
    const intake = createIntake(tables().ledger, secretSource);
    expect(await intake.accept([SAMPLE], await fresh(id), Date.now())).toMatchObject([
      { status: 'accepted', interaction: { format: 'custom' } },
    ]);
  });

  it('is removed by an empty path', async () => {
    const id = await add();
    await update(id, { ...PATHS, sample: SAMPLE });
    await update(id, { emailPath: '' });
    expect(await fresh(id)).not.toHaveProperty('customFormat');
  });

  it.each([
    ['without a sample', { emailPath: 'user.mail' }, /^sample: is missing/],
    ['without its email', { timestampPath: 'at', sample: SAMPLE }, /^emailPath: is missing/],
    ['that is no JMESPath', { emailPath: 'user.', sample: SAMPLE }, /^sample: Invalid jmespath/],
    ['of a function that is none', { emailPath: 'mail(user)', sample: SAMPLE }, /Unknown function/],
    [
      'that finds no email',
      { emailPath: 'user.name', sample: SAMPLE },
      /^emailPath: finds no email/,
    ],
    [
      'that finds another text',
      { emailPath: 'at', sample: SAMPLE },
      /^sample: email \(custom format\)/,
    ],
    [
      'on a sample that is no event',
      { emailPath: 'a', sample: { a: 1 } },
      /^sample: type is missing/,
    ],
  ])('is rejected %s, and nothing is set', async (_what, changes, message) => {
    const id = await add();
    const answer = update(id, changes);
    await expect(answer).rejects.toThrow(OperatorError);
    await expect(answer).rejects.toThrow(message);
    await expect(answer).rejects.not.toThrow(/ann@example/);
    expect(await fresh(id)).not.toHaveProperty('customFormat');
  });
});

it('says that a contact can get two interactions on the day that the time zone changes', async () => {
  const id = await add();
  expect(await update(id, { timeZone: 'Asia/Tokyo' })).toMatchObject({
    timeZone: 'Asia/Tokyo',
    note: expect.stringMatching(/two interactions/),
  });
  expect(await update(id, { name: 'Other' })).not.toHaveProperty('note');
});

it('requires a signature until an empty shared secret removes that', async () => {
  const id = await add({ sharedSecret: 'a shared secret' });
  expect(await fresh(id)).toHaveProperty('sharedSecret');
  await update(id, { sharedSecret: '' });
  expect(await fresh(id)).not.toHaveProperty('sharedSecret');
  await expect(update(id, { sharedSecret: 'short' })).rejects.toThrow(/^sharedSecret: /);
});
