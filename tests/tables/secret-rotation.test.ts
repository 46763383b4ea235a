import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { createSecretSource, openSecrets } from '../../lib/runtime/secret-source.ts';
import type { SecretStore } from '../../lib/runtime/secret-store.ts';
import { unsealNatApiKey, unsealSharedSecret } from '../../lib/workspaces/sealed-fields.ts';
import { TABLES } from '../../offline/database.ts';
import { createMemorySecretStore, SECRET_NAMES } from '../in-process/secrets.ts';
import { embeddedTables } from './embedded.ts';

const HOUR_MS = 60 * 60 * 1000;
const ROTATE = { command: 'secrets.rotate' };
const tables = embeddedTables();
/** Fresh for each test, with no workspaces of an earlier one. */
let store: SecretStore;
let ids: string[];

beforeEach(async () => {
  for (const { id } of await tables().registry.list()) await remove(id);
  store = createMemorySecretStore();
  ids = [];
  for (let n = 0; n < 3; n += 1) {
    const id = `w-${randomUUID()}`;
    const keys = { apiKey: `key-of-${id}`, sharedSecret: `shared with ${id}` };
    await run({ command: 'workspace.add', workspace: id, name: 'Acme', ...keys });
    ids.push(id);
  }
});

async function remove(id: string): Promise<void> {
  await tables().registry.delete(await existingWorkspace(id));
}

async function existingWorkspace(id: string) {
  const master = await tables().registry.find(id);
  if (master === undefined) throw new Error('there is no such workspace');
  return master;
}

/** One invocation of the operator's function. */
async function run(request: object, remainingMs = () => HOUR_MS): Promise<unknown> {
  const { db, registry } = tables();
  const { secrets, renew } = await openSecrets(store, SECRET_NAMES);
  const repairs = createRepairs(db, TABLES.Interactions);
  const audit = () => {};
  return createOperator({
    repairs,
    registry,
    secrets,
    renewSecrets: renew,
    remainingMs,
    audit,
  }).run(request);
}

/** What the functions read of all workspaces with some secrets. */
async function readAll(source = createSecretSource(store, SECRET_NAMES)) {
  return Promise.all(
    ids.map(async (id) => {
      const workspace = await tables().workspaces.findByApiKey(`key-of-${id}`, Date.now());
      const { natApiKey = '', sharedSecret = '' } = workspace ?? {};
      return {
        natApiKey: unsealNatApiKey(await source.natKeys(natApiKey), { id, natApiKey }),
        sharedSecret: unsealSharedSecret(await source.signatures(sharedSecret), {
          id,
          sharedSecret,
        }),
      };
    }),
  );
}

const expected = () =>
  ids.map((id) => ({ natApiKey: `key-of-${id}`, sharedSecret: `shared with ${id}` }));

async function versionOf(name: string): Promise<string> {
  return (await store.read(name)).version;
}

describe('secrets.rotate', () => {
  it('seals the keys and shared secrets of all workspaces again, with new secrets', async () => {
    expect(await run(ROTATE)).toEqual({ resealed: 3, done: true });

    const { natKeys, signatures } = (await openSecrets(store, SECRET_NAMES)).secrets;
    for (const id of ids) {
      const { natApiKey, sharedSecret = '' } = await existingWorkspace(id);
      expect([natKeys.isNewest(natApiKey), signatures.isNewest(sharedSecret)]).toEqual([
        true,
        true,
      ]);
    }
    expect(await readAll()).toEqual(expected());
  });

  it('leaves the secret that names contacts as it is', async () => {
    await run(ROTATE);
    expect(await versionOf(SECRET_NAMES.CONTACTS_SECRET)).toBe('1');
  });

  it('needs no pause: a container reads the secrets again as soon as it meets a new one', async () => {
    const container = createSecretSource(store, SECRET_NAMES);
    for (let rotation = 0; rotation < 2; rotation += 1) {
      expect(await readAll(container)).toEqual(expected());
      await run(ROTATE);
    }
    // All of them at once: none may get the secret from before.
    expect(await readAll(container)).toEqual(expected());
  });

  it('completes an interrupted rotation first, and then begins none', async () => {
    const { db } = tables();
    let writes = 0;
    db.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName === 'PutItemCommand') writes += 1;
          if (writes > 1) throw new Error('cut off');
          return next(args);
        },
      { name: 'cut', step: 'initialize' },
    );
    await expect(run(ROTATE)).rejects.toThrow('cut off');
    db.middlewareStack.remove('cut');
    expect(await readAll()).toEqual(expected());

    expect(await run(ROTATE)).toEqual({ resealed: 2, done: true });
    expect(await versionOf(SECRET_NAMES.NAT_KEYS_SECRET)).toBe('2');
    expect(await readAll()).toEqual(expected());
  });

  it('is not held up by a field that no secret can unseal', async () => {
    const [id = ''] = ids;
    await tables().registry.change(id, (master) => ({ ...master, natApiKey: 'damaged' }));

    for (const version of ['2', '3']) {
      expect(await run(ROTATE)).toEqual({ resealed: 3, done: true });
      expect(await versionOf(SECRET_NAMES.NAT_KEYS_SECRET)).toBe(version);
    }
    expect((await existingWorkspace(id)).natApiKey).toBe('damaged');
  });

  it('answers within a minute how far it is, and continues from there', async () => {
    let remaining = HOUR_MS;
    const hurry = () => (remaining -= 50_000);
    const first = await run(ROTATE, hurry);
    expect(first).toEqual({ resealed: 1, done: false, next: expect.any(String) });
    const { next } = first as { next: string };
    expect(await run({ ...ROTATE, from: next })).toEqual({ resealed: 2, done: true });
    expect(await readAll()).toEqual(expected());
  });

  it('given twice at once, leaves nothing that cannot be read', async () => {
    await Promise.all([run(ROTATE), run(ROTATE)]);
    expect(await readAll()).toEqual(expected());
    await run(ROTATE);
    expect(await readAll()).toEqual(expected());
  });
});

describe('a text that no secret sealed', () => {
  it('costs a call to Secrets Manager once in ten seconds at most', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let reads = 0;
    const counting: SecretStore = {
      ...store,
      read: (name) => {
        reads += 1;
        return store.read(name);
      },
    };
    const container = createSecretSource(counting, SECRET_NAMES);
    for (let n = 0; n < 5; n += 1) await container.natKeys('corrupt');
    expect(reads).toBe(2);
    vi.setSystemTime(Date.now() + 10_000);
    for (let n = 0; n < 5; n += 1) await container.natKeys('corrupt');
    expect(reads).toBe(3);
    vi.useRealTimers();
  });
});

it('a secret that cannot be read is read again with the next request', async () => {
  let fails = true;
  const failing: SecretStore = {
    ...store,
    read: async (name) => {
      if (fails) throw new Error('unreachable');
      return store.read(name);
    },
  };
  const container = createSecretSource(failing, SECRET_NAMES);
  await expect(container.contacts()).rejects.toThrow('unreachable');
  await expect(container.natKeys('x')).rejects.toThrow('unreachable');
  fails = false;
  expect((await container.contacts()).fingerprint).toHaveLength(16);
  expect((await container.natKeys('x')).canUnseal('x')).toBe(false);
});
