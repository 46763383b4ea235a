import { randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperatorError } from '../../lib/operator/operator-error.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import { hashOfApiKey } from '../../lib/workspaces/api-key.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { secrets } from '../in-process/secrets.ts';
import { embeddedTables } from './embedded.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const at = (ms: number) => new Date(ms).toISOString();
const tables = embeddedTables();
const run = (request: object) => tables().operator.run(request);
/** As a container that remembers nothing sees the workspaces. */
const fresh = () => createWorkspaces(tables().db, TABLES.Workspaces);
const idOf = async (apiKey: string) => (await fresh().findByApiKey(apiKey, Date.now()))?.id;
const keysSchema = v.object({
  keys: v.array(v.object({ ending: v.string(), validUntil: v.nullable(v.string()) })),
});

/** Adds a workspace with a key that ends in `old1`. */
async function add() {
  const workspace = `w-${randomUUID()}`;
  const apiKey = `${randomUUID()}-old1`;
  await run({ command: 'workspace.add', workspace, name: 'Acme', apiKey });
  return { workspace, apiKey };
}

const newKey = () => `${randomUUID()}-new2`;
const rotate = (fields: object) => run({ command: 'workspace.rotate', ...fields });
const revoke = (fields: object) => run({ command: 'workspace.revoke', ...fields });

/** When each key ends, by its last four characters; null for the current one. */
async function endsOf(workspace: string) {
  const { keys } = v.parse(keysSchema, await run({ command: 'workspace.show', workspace }));
  return Object.fromEntries(keys.map(({ ending, validUntil }) => [ending, validUntil]));
}

async function natApiKeyOf(workspace: string): Promise<string> {
  const record = await fresh().findById(workspace);
  return secrets.natKeys.unseal(record?.natApiKey ?? '', `${workspace} natApiKey`);
}

async function recordOf(apiKey: string) {
  const Key = { key: { S: hashOfApiKey(apiKey) } };
  const { Item } = await tables().db.send(
    new GetItemCommand({ TableName: TABLES.Workspaces, Key }),
  );
  return Item && unmarshall(Item);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('workspace.rotate', () => {
  it('comes to the same when it is run again with the same key', async () => {
    const { workspace } = await add();
    const apiKey = newKey();
    await rotate({ workspace, apiKey });
    const ends = await endsOf(workspace);
    vi.setSystemTime(NOW + HOUR_MS);
    await rotate({ workspace, apiKey });
    expect(await endsOf(workspace)).toEqual(ends);
    expect(ends).toEqual({ new2: null, old1: at(NOW + 24 * HOUR_MS) });
  });

  it('takes a mistyped key back: the earlier one is current again, at Nat too', async () => {
    const { workspace, apiKey } = await add();
    const mistyped = newKey();
    await rotate({ workspace, apiKey: mistyped });
    expect(await natApiKeyOf(workspace)).toBe(mistyped);
    await rotate({ workspace, apiKey, graceHours: 0 });
    expect(await endsOf(workspace)).toEqual({ old1: null, new2: at(NOW) });
    expect(await natApiKeyOf(workspace)).toBe(apiKey);
    expect(await idOf(apiKey)).toBe(workspace);
    expect(await idOf(mistyped)).toBeUndefined();
  });

  it('restores a key that has ended', async () => {
    const { workspace, apiKey } = await add();
    await rotate({ workspace, graceHours: 0 });
    expect(await idOf(apiKey)).toBeUndefined();
    vi.setSystemTime(NOW + 30 * DAY_MS);
    await rotate({ workspace, apiKey });
    expect(await idOf(apiKey)).toBe(workspace);
    expect(await recordOf(apiKey)).not.toHaveProperty('expiresAt');
  });

  it('ends a key in its grace time with --grace-hours 0, also when the current key stays', async () => {
    const { workspace, apiKey } = await add();
    const current = newKey();
    await rotate({ workspace, apiKey: current });
    await rotate({ workspace, apiKey: current, graceHours: 0 });
    expect(await endsOf(workspace)).toEqual({ new2: null, old1: at(NOW) });
    expect(await idOf(apiKey)).toBeUndefined();
  });

  it('never prolongs a grace time', async () => {
    const { workspace } = await add();
    await rotate({ workspace, graceHours: 1 });
    await rotate({ workspace, graceHours: 48 });
    expect((await endsOf(workspace)).old1).toBe(at(NOW + HOUR_MS));
  });

  it('gives the new key to Nat too after a key was made here', async () => {
    const { workspace } = await add();
    await rotate({ workspace });
    const apiKey = newKey();
    await rotate({ workspace, apiKey });
    expect(await natApiKeyOf(workspace)).toBe(apiKey);
  });

  it('deletes the record of a key by TTL, only 90 days after the key has ended', async () => {
    const { workspace, apiKey } = await add();
    const { apiKey: made } = v.parse(
      v.object({ apiKey: v.string() }),
      await rotate({ workspace, graceHours: 2 }),
    );
    expect((await recordOf(apiKey))?.expiresAt).toBe((NOW + 2 * HOUR_MS + 90 * DAY_MS) / 1000);
    expect(await recordOf(made)).not.toHaveProperty('expiresAt');
  });

  it('forgets a key whose record is long gone', async () => {
    const { workspace } = await add();
    await rotate({ workspace, graceHours: 0 });
    vi.setSystemTime(NOW + 121 * DAY_MS);
    await rotate({ workspace, apiKey: newKey() });
    expect(await endsOf(workspace)).not.toHaveProperty('old1');
  });
});

describe('a key of another workspace', () => {
  it('is refused', async () => {
    const [mine, other] = [await add(), await add()];
    const taken = rotate({ workspace: mine.workspace, apiKey: other.apiKey });
    await expect(taken).rejects.toThrow(OperatorError);
    await expect(taken).rejects.toThrow(/^apiKey: another workspace/);
    expect(await idOf(other.apiKey)).toBe(other.workspace);
  });

  it('is free once it has ended there for longer than a command can run', async () => {
    const [mine, other] = [await add(), await add()];
    const moved = newKey();
    await rotate({ workspace: other.workspace, apiKey: moved });
    await rotate({ workspace: other.workspace, apiKey: other.apiKey, graceHours: 0 });
    vi.setSystemTime(NOW + 15 * MINUTE_MS - 1);
    await expect(rotate({ workspace: mine.workspace, apiKey: moved })).rejects.toThrow(
      /15 minutes/,
    );
    vi.setSystemTime(NOW + 15 * MINUTE_MS);
    await rotate({ workspace: mine.workspace, apiKey: moved });
    // A later change of the other workspace does not take it back.
    await run({ command: 'workspace.disable', workspace: other.workspace });
    expect(await idOf(moved)).toBe(mine.workspace);
    expect(await recordOf(moved)).toMatchObject({ status: 'active' });
  });
});

describe('workspace.revoke', () => {
  it('ends a key in its grace time at once, and no other', async () => {
    const { workspace, apiKey } = await add();
    await rotate({ workspace, apiKey: newKey() });
    await rotate({ workspace, apiKey: `${randomUUID()}-now3` });
    await revoke({ workspace, keyEnding: 'old1' });
    const ends = { now3: null, new2: at(NOW + 24 * HOUR_MS), old1: at(NOW) };
    expect(await endsOf(workspace)).toEqual(ends);
    expect(await idOf(apiKey)).toBeUndefined();
    vi.setSystemTime(NOW + HOUR_MS);
    await revoke({ workspace, keyEnding: 'old1' });
    expect(await endsOf(workspace)).toEqual(ends);
  });

  it('refuses to end the current key, and says what to do', async () => {
    const { workspace, apiKey } = await add();
    await expect(revoke({ workspace, keyEnding: 'old1' })).rejects.toThrow(
      /^keyEnding: this is the current key.*workspace.rotate with graceHours 0/,
    );
    expect(await idOf(apiKey)).toBe(workspace);
  });

  it('ends only the earlier key if the current one ends the same', async () => {
    const { workspace, apiKey } = await add();
    const current = `${randomUUID()}-old1`;
    await rotate({ workspace, apiKey: current });
    await revoke({ workspace, keyEnding: 'old1' });
    expect([await idOf(apiKey), await idOf(current)]).toEqual([undefined, workspace]);
  });

  it('refuses an ending that no key has', async () => {
    const { workspace } = await add();
    await expect(revoke({ workspace, keyEnding: 'none' })).rejects.toThrow(/^keyEnding: no key/);
  });
});

describe('workspace.show', () => {
  it('lists the keys by their last four characters, the current one first, without their hashes', async () => {
    const { workspace, apiKey } = await add();
    await rotate({ workspace, apiKey: newKey(), graceHours: 2 });
    const shown = await run({ command: 'workspace.show', workspace });
    expect(shown).toMatchObject({
      workspace,
      keys: [
        { ending: 'new2', since: at(NOW), validUntil: null },
        { ending: 'old1', since: at(NOW), validUntil: at(NOW + 2 * HOUR_MS) },
      ],
    });
    expect(JSON.stringify(shown)).not.toContain(hashOfApiKey(apiKey));
  });
});

it('finds a workspace with more keys than one page of the index holds', async () => {
  const { workspace } = await add();
  for (let n = 0; n < 4; n += 1) await rotate({ workspace, apiKey: newKey() });
  const current = newKey();
  await rotate({ workspace, apiKey: current });
  const { db } = tables();
  db.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        next(
          commandName === 'QueryCommand' ? { ...args, input: { ...args.input, Limit: 1 } } : args,
        ),
    { name: 'small pages', step: 'initialize' },
  );
  expect((await fresh().findById(workspace))?.key).toBe(hashOfApiKey(current));
  db.middlewareStack.remove('small pages');
});
