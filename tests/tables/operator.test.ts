import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { OperatorError } from '../../lib/operator/operator-error.ts';
import { HOUR_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { embeddedTables, secrets } from './embedded.ts';

const tables = embeddedTables();
const run = (request: object) => tables().operator.run(request);
/** A container that has cached nothing yet. */
const freshWorkspaces = () => createWorkspaces(tables().db, TABLES.Workspaces);
const open = (apiKey: string) => freshWorkspaces().findByApiKey(apiKey, Date.now());
const madeKeySchema = z.object({ apiKey: z.string() });

async function add(more: object = {}) {
  const [id, apiKey] = [`w-${randomUUID()}`, `key-${randomUUID()}`];
  await run({ command: 'workspace.add', id, name: 'Acme', apiKey, ...more });
  return { id, apiKey };
}

async function natApiKeyOf(id: string): Promise<string> {
  const workspace = await freshWorkspaces().findById(id);
  return secrets.unseal(workspace?.natApiKey ?? '', `${id} natApiKey`);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('workspace.add', () => {
  it("takes the API key of Nat's settings page, and delivers with it too", async () => {
    const { id, apiKey } = await add();
    expect(await open(apiKey)).toMatchObject({ id, status: 'active', timeZone: 'UTC' });
    expect(await natApiKeyOf(id)).toBe(apiKey);
  });

  it('makes a key if none is given, and shows it once', async () => {
    const added = await run({ command: 'workspace.add', name: 'Acme' });
    const { apiKey } = madeKeySchema.parse(added);
    expect(await open(apiKey)).toMatchObject({ name: 'Acme' });
    expect(JSON.stringify(await run({ command: 'workspace.list' }))).not.toContain(apiKey);
  });

  it('takes a key that was pasted with space around it', async () => {
    const apiKey = `key-${randomUUID()}`;
    await add({ apiKey: ` ${apiKey}\n` });
    expect(await open(apiKey)).toMatchObject({ name: 'Acme' });
  });

  it('does not show a key that was given', async () => {
    const answer = await run({
      command: 'workspace.add',
      name: 'Acme',
      apiKey: 'given-key-of-acme',
    });
    expect(JSON.stringify(answer)).not.toContain('given-key-of-acme');
  });

  it('keeps no key and no secret readable in the table', async () => {
    const { apiKey } = await add({ natApiKey: 'another-key', sharedSecret: 'shared-secret' });
    const { Items } = await tables().db.send(new ScanCommand({ TableName: TABLES.Workspaces }));
    for (const secret of [apiKey, 'another-key', 'shared-secret']) {
      expect(JSON.stringify(Items)).not.toContain(secret);
    }
  });

  it('refuses an id or an API key that is in use', async () => {
    const { id, apiKey } = await add();
    const again = { command: 'workspace.add', name: 'Other' };
    await expect(run({ ...again, id, apiKey: 'other-key' })).rejects.toThrow(/^id: /);
    await expect(run({ ...again, apiKey })).rejects.toThrow(/^apiKey: /);
  });
});

describe('a record of a workspace', () => {
  it('is added once, also when the client repeats a write whose response was lost', async () => {
    const { id } = await add();
    const { workspaces } = tables();
    const [record] = await workspaces.recordsOf(id);
    if (record === undefined) throw new Error('not added');
    expect(await workspaces.add(record)).toBe(true);
    expect(await workspaces.add({ ...record, natApiKey: 'sealed again' })).toBe(false);
    expect(await workspaces.recordsOf(id)).toEqual([record]);
  });
});

describe('workspace.rotate', () => {
  it('accepts both keys in the grace time of 24 hours, then only the new one', async () => {
    const { id, apiKey } = await add();
    const rotated = await run({ command: 'workspace.rotate', id });
    const { apiKey: newKey } = madeKeySchema.parse(rotated);
    vi.setSystemTime(Date.now() + 24 * HOUR_MS - 1);
    expect(await open(apiKey)).toMatchObject({ id });
    vi.setSystemTime(Date.now() + 1);
    expect(await open(apiKey)).toBeUndefined();
    expect(await open(newKey)).toMatchObject({ id });
  });

  it('delivers with the new API key if Nat knew the old one', async () => {
    const { id } = await add();
    await run({ command: 'workspace.rotate', id, apiKey: 'new-key-of-acme', graceHours: 0 });
    expect(await natApiKeyOf(id)).toBe('new-key-of-acme');
  });

  it('keeps delivering with the key that Nat knows if the new one is made here', async () => {
    const { id, apiKey } = await add();
    await run({ command: 'workspace.rotate', id });
    expect(await natApiKeyOf(id)).toBe(apiKey);
  });

  it('keeps delivering with a separate key for Nat', async () => {
    const { id } = await add({ natApiKey: 'key-for-nat' });
    await run({ command: 'workspace.rotate', id });
    expect(await natApiKeyOf(id)).toBe('key-for-nat');
  });

  it('removes the mark that Nat rejected the old key', async () => {
    const { id } = await add();
    const workspace = await freshWorkspaces().findById(id);
    if (workspace === undefined) throw new Error('not added');
    expect(await tables().workspaces.markNatKeyRejected(workspace, Date.now())).toBe(true);
    await run({ command: 'workspace.rotate', id });
    expect(await freshWorkspaces().findById(id)).not.toHaveProperty('natKeyRejectedAt');
    expect(JSON.stringify(await run({ command: 'workspace.list' }))).not.toContain('RejectedAt');
  });
});

describe('the other commands', () => {
  it('changes the settings of every key that is still valid', async () => {
    const { id, apiKey } = await add();
    await run({ command: 'workspace.rotate', id });
    const update = { timeZone: 'Europe/Berlin', standardMessage: 'Was here' };
    await run({ command: 'workspace.update', id, ...update });
    expect(await open(apiKey)).toMatchObject(update);
    expect(await freshWorkspaces().findById(id)).toMatchObject(update);
  });

  it('disables and enables', async () => {
    const { id, apiKey } = await add();
    await run({ command: 'workspace.disable', id });
    expect(await open(apiKey)).toMatchObject({ status: 'disabled' });
    await run({ command: 'workspace.enable', id });
    expect(await open(apiKey)).toMatchObject({ status: 'active' });
  });

  it.each([
    [{ command: 'workspace.remove' }, /^command: /],
    [{ command: 'workspace.add' }, /^name: /],
    [{ command: 'workspace.add', name: 'Acme', timeZone: 'Mars/Olympus' }, /^timeZone: .*IANA/],
    [{ command: 'workspace.add', name: 'Acme', colour: 'red' }, /colour/],
    [{ command: 'workspace.update', id: 'local' }, /nothing to change/],
    [{ command: 'workspace.disable', id: 'nobody' }, /^id: there is no workspace/],
    ...[-1, '', ' ', null, true, [], 'soon'].map((graceHours): [object, RegExp] => [
      { command: 'workspace.rotate', id: 'local', graceHours },
      /^graceHours: /,
    ]),
    ...['has:colon:key', 'has space key', 'schlüssel', 'short'].map((apiKey): [object, RegExp] => [
      { command: 'workspace.add', name: 'Acme', apiKey },
      /^apiKey: /,
    ]),
  ])('names what is wrong with %j', async (request, message) => {
    const answer = run(request);
    await expect(answer).rejects.toThrow(OperatorError);
    await expect(answer).rejects.toThrow(message);
  });
});

describe('the cache', () => {
  it('reads a key once a minute, known or not', async () => {
    const { apiKey } = await add();
    const { operations } = tables();
    for (const key of [apiKey, 'a-wrong-key']) {
      const workspaces = freshWorkspaces();
      operations.length = 0;
      const rush = Array.from({ length: 20 }, () => workspaces.findByApiKey(key, Date.now()));
      await Promise.all(rush);
      await workspaces.findByApiKey(key, Date.now());
      expect(operations).toEqual(['GetItem']);
      vi.setSystemTime(Date.now() + MINUTE_MS + 1);
      await workspaces.findByApiKey(key, Date.now());
      expect(operations).toEqual(['GetItem', 'GetItem']);
    }
  });
});
