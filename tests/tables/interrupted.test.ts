import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { unsealNatApiKey } from '../../lib/workspaces/sealed-fields.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { secrets } from '../in-process/secrets.ts';
import { embeddedTables } from './embedded.ts';
import { cutOff, interleave } from './interruptions.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const tables = embeddedTables();
const run = (request: object) => tables().operator.run(request);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

/** The names of one workspace and its keys, so that runs can be compared. */
function names() {
  const workspace = `w-${randomUUID()}`;
  return { workspace, first: `${workspace}-1111`, second: `${workspace}-2222` };
}

type Names = ReturnType<typeof names>;

const setUp = ({ workspace, first }: Names) =>
  run({ command: 'workspace.add', workspace, name: 'Acme', apiKey: first });

async function setUpRotated(of: Names) {
  await setUp(of);
  await run({ command: 'workspace.rotate', workspace: of.workspace, apiKey: of.second });
}

/** Every command about workspaces that can be given again as it was, and what is there before. */
const COMMANDS: [
  what: string,
  prepare: (of: Names) => Promise<unknown>,
  command: (of: Names) => object,
][] = [
  [
    'workspace.add',
    async () => {},
    ({ workspace, first }) => ({
      command: 'workspace.add',
      workspace,
      name: 'Acme',
      apiKey: first,
      sharedSecret: 'a shared secret',
    }),
  ],
  [
    'workspace.rotate',
    setUp,
    ({ workspace, second }) => ({ command: 'workspace.rotate', workspace, apiKey: second }),
  ],
  [
    'workspace.rotate back to the earlier key',
    setUpRotated,
    ({ workspace, first }) => ({
      command: 'workspace.rotate',
      workspace,
      apiKey: first,
      graceHours: 0,
    }),
  ],
  [
    'workspace.revoke',
    setUpRotated,
    ({ workspace }) => ({ command: 'workspace.revoke', workspace, keyEnding: '1111' }),
  ],
  [
    'workspace.update',
    setUpRotated,
    ({ workspace }) => ({
      command: 'workspace.update',
      workspace,
      timeZone: 'Europe/Berlin',
      natApiKey: 'a-new-key-for-nat',
      sharedSecret: 'a shared secret',
    }),
  ],
  [
    'workspace.disable',
    setUpRotated,
    ({ workspace }) => ({ command: 'workspace.disable', workspace }),
  ],
];

/** Everything that the table holds of a workspace, without what differs from run to run. */
async function stateOf({ workspace, first, second }: Names) {
  const { db, registry } = tables();
  const { Items = [] } = await db.send(new ScanCommand({ TableName: TABLES.Workspaces }));
  const records = Items.map((item) => unmarshall(item)).filter(({ owner }) => owner === workspace);
  const master = await registry.find(workspace);
  const workspaces = createWorkspaces(db, TABLES.Workspaces);
  const opens = async (key: string) => (await workspaces.findByApiKey(key, NOW))?.id === workspace;
  return {
    keys: master?.keys.map(({ ending, since, validUntil }) => ({ ending, since, validUntil })),
    settings: master && [master.status, master.timeZone, unsealNatApiKey(secrets.natKeys, master)],
    isSigned: master?.sharedSecret !== undefined,
    opens: [await opens(first), await opens(second)],
    areComplete: records.map(({ version }) => version === master?.version),
    ends: records.map(({ validUntil, expiresAt }) => [validUntil, expiresAt]).sort(),
    haveNatApiKey: [...new Set(records.map(({ natApiKey }) => natApiKey === master?.natApiKey))],
  };
}

function anonymous(state: unknown, { workspace }: Names): unknown {
  return JSON.parse(JSON.stringify(state).replaceAll(workspace, 'W'));
}

describe.each(COMMANDS)('%s', (_what, prepare, command) => {
  it('ends the same wherever it is cut off, when it is run again', async () => {
    const whole = names();
    await prepare(whole);
    await run(command(whole));
    const expected = anonymous(await stateOf(whole), whole);
    expect(expected).toMatchObject({ haveNatApiKey: [true] });

    let writes = 0;
    for (let isCut = true; isCut; writes += 1) {
      const of = names();
      await prepare(of);
      isCut = await cutOff(tables().db, writes + 1, () => run(command(of)));
      await run(command(of));
      expect(anonymous(await stateOf(of), of)).toEqual(expected);
    }
    expect(writes).toBeGreaterThan(2);
  });

  it('ends the same when it is given twice at once', async () => {
    const whole = names();
    await prepare(whole);
    await run(command(whole));
    const expected = anonymous(await stateOf(whole), whole);

    for (let call = 1, reached = true; reached; call += 1) {
      const of = names();
      await prepare(of);
      const give = () => run(command(of));
      const both = await interleave(tables().db, call, give, give);
      reached = both.reached;
      expect(both.results.filter((result) => result?.status === 'rejected')).toEqual([]);
      expect(anonymous(await stateOf(of), of)).toEqual(expected);
    }
  });
});

describe('two rotations at once', () => {
  it('leave one key without an end, and both got one that works for now', async () => {
    let call = 0;
    for (let reached = true; reached; ) {
      call += 1;
      const of = names();
      await setUp(of);
      const rotate = (apiKey: string) => () =>
        run({ command: 'workspace.rotate', workspace: of.workspace, apiKey });
      const third = `${of.workspace}-3333`;
      const both = await interleave(tables().db, call, rotate(of.second), rotate(third));
      reached = both.reached;
      if (!reached) break;
      expect(both.results.map((result) => result?.status)).toEqual(['fulfilled', 'fulfilled']);
      const { keys = [], ends, opens, areComplete } = await stateOf(of);
      expect(keys.filter(({ validUntil }) => validUntil === undefined)).toHaveLength(1);
      expect(ends.filter(([validUntil]) => validUntil === undefined)).toHaveLength(1);
      expect(opens).toEqual([true, true]);
      expect(areComplete).toEqual([true, true, true]);
    }
    expect(call).toBeGreaterThan(8);
  });

  it('leave the key for Nat of the one that is current', async () => {
    const of = names();
    await setUp(of);
    const rotate = (apiKey: string) =>
      run({ command: 'workspace.rotate', workspace: of.workspace, apiKey });
    await Promise.all([rotate(of.second), rotate(`${of.workspace}-3333`)]);
    const { keys = [], settings } = await stateOf(of);
    const current = keys.find(({ validUntil }) => validUntil === undefined);
    expect(settings?.[2]).toBe(`${of.workspace}-${current?.ending}`);
  });
});

describe('two workspace.add with one id at once', () => {
  it('add one workspace, and the key of the other opens nothing', async () => {
    let call = 0;
    for (let reached = true; reached; ) {
      call += 1;
      const { workspace, first, second } = names();
      const add = (apiKey: string) => () =>
        run({ command: 'workspace.add', workspace, name: 'Acme', apiKey });
      const both = await interleave(tables().db, call, add(first), add(second));
      reached = both.reached;
      if (!reached) break;
      const statuses = both.results.map((result) => result?.status);
      expect(statuses.toSorted()).toEqual(['fulfilled', 'rejected']);
      const winner = statuses[0] === 'fulfilled' ? first : second;
      const { opens, settings } = await stateOf({ workspace, first, second });
      expect(opens).toEqual([winner === first, winner === second]);
      expect(settings?.[2]).toBe(winner);
      const record = await createWorkspaces(tables().db, TABLES.Workspaces).findById(workspace);
      expect(record && unsealNatApiKey(secrets.natKeys, record)).toBe(winner);
    }
    expect(call).toBeGreaterThan(3);
  });

  it('leave the key of the other free', async () => {
    const { workspace, first, second } = names();
    const add = (id: string, apiKey: string) =>
      run({ command: 'workspace.add', workspace: id, name: 'Acme', apiKey });
    const results = await Promise.allSettled([add(workspace, first), add(workspace, second)]);
    const loser = results[0].status === 'rejected' ? first : second;
    await add(`${workspace}-2`, loser);
  });

  it('fail as well when they are really at once', async () => {
    const ids = Array.from({ length: 20 }, () => names());
    await Promise.all(
      ids.map(async ({ workspace, first, second }) => {
        const add = (apiKey: string) =>
          run({ command: 'workspace.add', workspace, name: 'Acme', apiKey });
        const results = await Promise.allSettled([add(first), add(second)]);
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }),
    );
  });
});

it('lets nobody in with a key whose addition was cut off, and delivers nothing with it', async () => {
  const { workspace, first } = names();
  const add = { command: 'workspace.add', workspace, name: 'Acme', apiKey: first };
  expect(await cutOff(tables().db, 1, () => run(add))).toBe(true);
  const workspaces = createWorkspaces(tables().db, TABLES.Workspaces);
  expect(await workspaces.findByApiKey(first, NOW)).toBeUndefined();
  expect(await workspaces.findById(workspace)).toBeUndefined();
});

it('keeps a change that is made during a rotation', async () => {
  let call = 0;
  for (let reached = true; reached; ) {
    call += 1;
    const of = names();
    await setUp(of);
    const { workspace } = of;
    const both = await interleave(
      tables().db,
      call,
      () => run({ command: 'workspace.rotate', workspace, apiKey: of.second, graceHours: 1 }),
      () => run({ command: 'workspace.update', workspace, timeZone: 'Asia/Tokyo' }),
    );
    reached = both.reached;
    if (!reached) break;
    const workspaces = createWorkspaces(tables().db, TABLES.Workspaces);
    for (const key of [of.first, of.second]) {
      expect(await workspaces.findByApiKey(key, NOW)).toMatchObject({ timeZone: 'Asia/Tokyo' });
    }
    expect(await workspaces.findByApiKey(of.first, NOW + HOUR_MS)).toBeUndefined();
  }
});
