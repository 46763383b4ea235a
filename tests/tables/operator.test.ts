import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperatorError } from '../../lib/operator/operator-error.ts';
import { HOUR_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { secrets } from '../in-process/secrets.ts';
import { embeddedTables } from './embedded.ts';

/** How long a wrong key may stay wrong after it was added. */
const MISS_REMEMBERED_MS = 5000;
const tables = embeddedTables();
const run = (request: object) => tables().operator.run(request);
/** A container that has cached nothing yet. */
const freshWorkspaces = () => createWorkspaces(tables().db, TABLES.Workspaces);
const open = (apiKey: string) => freshWorkspaces().findByApiKey(apiKey, Date.now());
const madeKeySchema = v.object({ apiKey: v.string() });

async function add(more: object = {}) {
  const [id, apiKey] = [`w-${randomUUID()}`, `key-${randomUUID()}`];
  await run({ command: 'workspace.add', workspace: id, name: 'Acme', apiKey, ...more });
  return { id, apiKey };
}

async function natApiKeyOf(id: string): Promise<string> {
  const workspace = await freshWorkspaces().findById(id);
  return secrets.natKeys.unseal(workspace?.natApiKey ?? '', `${id} natApiKey`);
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
    const { apiKey } = v.parse(madeKeySchema, added);
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
    const sameId = { ...again, workspace: id, apiKey: 'other-key' };
    await expect(run(sameId)).rejects.toThrow(/^workspace: /);
    await expect(run({ ...again, apiKey })).rejects.toThrow(/^apiKey: /);
  });
});

describe('the master record of a workspace', () => {
  it('is added once, also when the client repeats the write whose answer was lost', async () => {
    const { id } = await add();
    const { registry } = tables();
    const master = await registry.find(id);
    if (master === undefined) throw new Error('not added');
    expect(await registry.add(master)).toBe(true);
    expect(await registry.add({ ...master, natApiKey: 'sealed again' })).toBe(false);
    expect(await registry.find(id)).toEqual(master);
  });
});

describe('workspace.rotate', () => {
  it('accepts both keys in the grace time of 24 hours, then only the new one', async () => {
    const { id, apiKey } = await add();
    const rotated = await run({ command: 'workspace.rotate', workspace: id });
    const { apiKey: newKey } = v.parse(madeKeySchema, rotated);
    vi.setSystemTime(Date.now() + 24 * HOUR_MS - 1);
    expect(await open(apiKey)).toMatchObject({ id });
    vi.setSystemTime(Date.now() + 1);
    expect(await open(apiKey)).toBeUndefined();
    expect(await open(newKey)).toMatchObject({ id });
  });

  it('delivers with the new API key if Nat knew the old one', async () => {
    const { id } = await add();
    await run({
      command: 'workspace.rotate',
      workspace: id,
      apiKey: 'new-key-of-acme',
      graceHours: 0,
    });
    expect(await natApiKeyOf(id)).toBe('new-key-of-acme');
  });

  it('keeps delivering with the key that Nat knows if the new one is made here', async () => {
    const { id, apiKey } = await add();
    await run({ command: 'workspace.rotate', workspace: id });
    expect(await natApiKeyOf(id)).toBe(apiKey);
  });

  it('keeps delivering with a separate key for Nat', async () => {
    const { id } = await add({ natApiKey: 'key-for-nat' });
    await run({ command: 'workspace.rotate', workspace: id });
    expect(await natApiKeyOf(id)).toBe('key-for-nat');
  });

  it('removes the mark that Nat rejected the old key', async () => {
    const { id } = await add();
    const workspace = await freshWorkspaces().findById(id);
    if (workspace === undefined) throw new Error('not added');
    expect(await tables().workspaces.markNatKeyRejected(workspace, Date.now())).toBe(true);
    await run({ command: 'workspace.rotate', workspace: id });
    expect(await freshWorkspaces().findById(id)).not.toHaveProperty('natKeyRejectedAt');
    expect(JSON.stringify(await run({ command: 'workspace.list' }))).not.toContain('RejectedAt');
  });
});

describe('the other commands', () => {
  it('changes the settings of every key that is still valid', async () => {
    const { id, apiKey } = await add();
    await run({ command: 'workspace.rotate', workspace: id });
    const update = { timeZone: 'Europe/Berlin', standardMessage: 'Was here' };
    await run({ command: 'workspace.update', workspace: id, ...update });
    expect(await open(apiKey)).toMatchObject(update);
    expect(await freshWorkspaces().findById(id)).toMatchObject(update);
  });

  it('disables and enables', async () => {
    const { id, apiKey } = await add();
    await run({ command: 'workspace.disable', workspace: id });
    expect(await open(apiKey)).toMatchObject({ status: 'disabled' });
    await run({ command: 'workspace.enable', workspace: id });
    expect(await open(apiKey)).toMatchObject({ status: 'active' });
  });

  it.each([
    [{ command: 'workspace.erase' }, /^command: /],
    [{ command: 'workspace.show', id: 'local' }, /^workspace: .*id/],
    [{ command: 'workspace.add' }, /^name: /],
    [{ command: 'workspace.add', name: 'Acme', timeZone: 'Mars/Olympus' }, /^timeZone: .*IANA/],
    [{ command: 'workspace.add', name: 'Acme', colour: 'red' }, /colour/],
    [{ command: 'workspace.update', workspace: 'local' }, /nothing to change/],
    [{ command: 'workspace.disable', workspace: 'nobody' }, /^workspace: there is no workspace/],
    ...[-1, '', ' ', null, true, [], 'soon'].map((graceHours): [object, RegExp] => [
      { command: 'workspace.rotate', workspace: 'local', graceHours },
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

describe('the memory of a container', () => {
  const getItems = () => tables().operations.filter((operation) => operation === 'GetItem').length;

  it('asks for a key once a minute', async () => {
    const { apiKey } = await add();
    const workspaces = freshWorkspaces();
    tables().operations.length = 0;
    const rush = Array.from({ length: 20 }, () => workspaces.findByApiKey(apiKey, Date.now()));
    await Promise.all(rush);
    vi.setSystemTime(Date.now() + MINUTE_MS - 1);
    await workspaces.findByApiKey(apiKey, Date.now());
    expect(getItems()).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    await workspaces.findByApiKey(apiKey, Date.now());
    expect(getItems()).toBe(2);
  });

  it('asks twice for a wrong key, the second time consistently, and again only after seconds', async () => {
    const workspaces = freshWorkspaces();
    tables().operations.length = 0;
    const rush = Array.from({ length: 20 }, () => workspaces.findByApiKey('wrong', Date.now()));
    expect(new Set(await Promise.all(rush))).toEqual(new Set([undefined]));
    vi.setSystemTime(Date.now() + MISS_REMEMBERED_MS - 1);
    await workspaces.findByApiKey('wrong', Date.now());
    expect(getItems()).toBe(2);
    vi.setSystemTime(Date.now() + 1);
    await workspaces.findByApiKey('wrong', Date.now());
    expect(getItems()).toBe(4);
  });

  it('finds a key that was used a moment before it was added', async () => {
    const workspaces = freshWorkspaces();
    const apiKey = `key-${randomUUID()}`;
    expect(await workspaces.findByApiKey(apiKey, Date.now())).toBeUndefined();
    await add({ apiKey });
    vi.setSystemTime(Date.now() + MISS_REMEMBERED_MS + 1);
    expect(await workspaces.findByApiKey(apiKey, Date.now())).toMatchObject({ name: 'Acme' });
  });

  it('believes a miss only after a consistent read', async () => {
    const { id, apiKey } = await add();
    const reads: unknown[] = [];
    const { db } = tables();
    const read = db.send.bind(db);
    const staleOnce = vi.spyOn(db, 'send').mockImplementation((command) => {
      const { ConsistentRead } = v.parse(
        v.looseObject({ ConsistentRead: v.boolean() }),
        command.input,
      );
      reads.push(ConsistentRead);
      return ConsistentRead ? read(command) : Promise.resolve({});
    });
    expect(await freshWorkspaces().findByApiKey(apiKey, Date.now())).toMatchObject({ id });
    staleOnce.mockRestore();
    expect(reads).toEqual([false, true]);
  });

  it('lets a key that has ended in again within seconds of its restoration', async () => {
    const { id, apiKey } = await add();
    const workspaces = freshWorkspaces();
    await run({ command: 'workspace.rotate', workspace: id, graceHours: 0.01 });
    expect(await workspaces.findByApiKey(apiKey, Date.now())).toMatchObject({ id });
    vi.setSystemTime(Date.now() + 0.01 * HOUR_MS);
    expect(await workspaces.findByApiKey(apiKey, Date.now())).toBeUndefined();
    await run({ command: 'workspace.rotate', workspace: id, apiKey });
    vi.setSystemTime(Date.now() + MISS_REMEMBERED_MS + 1);
    expect(await workspaces.findByApiKey(apiKey, Date.now())).toMatchObject({ id });
  });
});
