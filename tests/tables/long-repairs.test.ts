import { randomUUID } from 'node:crypto';
import type { ServiceInputTypes } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InteractionKey } from '../../lib/ledger/entry.ts';
import type { Outcome } from '../../lib/ledger/outcome.ts';
import { RETRY_QUEUES } from '../../lib/ledger/queues.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { TABLES } from '../../offline/database.ts';
import { operatorSecrets } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const LAMBDA_MS = 900_000;
/** How long a page takes, so that a call has time for three of them. */
const SLOW_PAGE_MS = 20_000;
const REDRIVE = { command: 'interactions.redrive' };
const dead: Outcome = { status: 'dead', error: 'status 400' };
const tables = embeddedTables();

const answerSchema = v.object({
  dead: v.number(),
  stuck: v.number(),
  scanned: v.number(),
  done: v.boolean(),
  next: v.optional(v.string()),
});

/** One invocation of the operator's function. */
function invoke(request: object): Promise<unknown> {
  const { db, registry } = tables();
  const deadline = Date.now() + LAMBDA_MS;
  const remainingMs = () => deadline - Date.now();
  const repairs = createRepairs(db, TABLES.Interactions);
  return createOperator({
    repairs,
    registry,
    ...operatorSecrets,
    remainingMs,
    audit: () => {},
  }).run(request);
}

/** Calls again with the cursor of each answer, as the command line does. */
async function redriveToTheEnd(request: object) {
  const answers = [v.parse(answerSchema, await invoke(request))];
  for (let from = answers[0]?.next; from !== undefined; from = answers.at(-1)?.next) {
    answers.push(v.parse(answerSchema, await invoke({ ...REDRIVE, from })));
  }
  const total = (field: 'dead' | 'stuck' | 'scanned') =>
    answers.reduce((sum, answer) => sum + answer[field], 0);
  return { answers, dead: total('dead'), stuck: total('stuck'), scanned: total('scanned') };
}

/** Lets a test see, change or fail each call to the database. */
function onCall(look: (name: string, input: ServiceInputTypes) => ServiceInputTypes): void {
  tables().db.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        next({ ...args, input: look(String(commandName), args.input) }),
    { name: 'look', step: 'initialize' },
  );
}

function haveSmallSlowPages(size: number): void {
  onCall((name, input) => {
    if (name !== 'QueryCommand' && name !== 'ScanCommand') return input;
    vi.setSystemTime(Date.now() + SLOW_PAGE_MS);
    return { ...input, Limit: size };
  });
}

async function someWorkspace(): Promise<string> {
  const id = `w-${randomUUID()}`;
  await invoke({ command: 'workspace.add', workspace: id, name: 'Acme' });
  return id;
}

/** Accepts interactions of so many contacts, and settles them if there is an outcome. */
function interactions(workspace: string, count: number, outcome?: Outcome) {
  const { ledger } = tables();
  const event = { email: 'a@example.com', timestamp: '2020-05-31T00:00:00Z', description: 'x' };
  const made = Array.from({ length: count }, async (): Promise<InteractionKey> => {
    const key = { contact: `${workspace}#${randomUUID()}`, day: '2020-05-31' };
    await ledger.accept(key, event, Date.now());
    if (outcome !== undefined) await settle(key, outcome);
    return key;
  });
  return Promise.all(made);
}

async function settle(key: InteractionKey, outcome: Outcome): Promise<void> {
  const { ledger } = tables();
  await ledger.settle(await existing(ledger.read(key)), outcome, Date.now());
}

async function statusesOf(keys: InteractionKey[]): Promise<string[]> {
  const entries = await Promise.all(keys.map((key) => existing(tables().ledger.read(key))));
  return entries.map(({ status }) => status);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  tables().db.middlewareStack.remove('look');
  vi.useRealTimers();
});

describe('a redrive that takes longer than an invocation', () => {
  it('answers within a minute how far it is, and continues from there to the end', async () => {
    const workspace = await someWorkspace();
    const keys = [
      ...(await interactions(workspace, 7, dead)),
      ...(await interactions(workspace, 6)),
    ];
    vi.setSystemTime(NOW + 2 * HOUR_MS);
    haveSmallSlowPages(2);

    const counted = await redriveToTheEnd({ ...REDRIVE, workspace, dryRun: true });
    expect(counted).toMatchObject({ dead: 7, stuck: 6 });
    expect(await statusesOf(keys)).not.toContain('retrying');

    const redriven = await redriveToTheEnd({ ...REDRIVE, workspace });
    expect(redriven).toMatchObject({ dead: 7, stuck: 6 });
    expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
    for (const { answers } of [counted, redriven]) {
      // The 7 dead ones, then the whole table of 13: two in a page, three pages in a call.
      expect(answers.map(({ scanned }) => scanned).slice(0, 2)).toEqual([6, 5]);
      expect(answers.map(({ done }) => done)).toEqual([false, false, false, true]);
    }
  });

  it('keeps its pace over the invocations', async () => {
    const workspace = await someWorkspace();
    const keys = await interactions(workspace, 130, dead);
    haveSmallSlowPages(40);
    const { answers } = await redriveToTheEnd({ ...REDRIVE, workspace, perSecond: 1 });
    expect(answers.length).toBeGreaterThan(1);
    const entries = await Promise.all(keys.map((key) => existing(tables().ledger.read(key))));
    expect(new Set(entries.map(({ dueAt }) => dueAt)).size).toBe(130);
  });

  it('leaves what dies again in the meantime to the next redrive', async () => {
    const workspace = await someWorkspace();
    const keys = await interactions(workspace, 8, dead);
    haveSmallSlowPages(2);
    const first = v.parse(answerSchema, await invoke({ ...REDRIVE, workspace }));
    for (const key of keys) {
      if ((await statusesOf([key]))[0] === 'retrying') await settle(key, dead);
    }
    const rest = await redriveToTheEnd({ ...REDRIVE, from: first.next });
    expect([first.dead, rest.dead]).toEqual([6, 2]);
    expect(await redriveToTheEnd({ ...REDRIVE, workspace })).toMatchObject({ dead: 6 });
  });

  it.each([
    ['from its last cursor', true],
    ['from the beginning', false],
  ])('redrives everything wherever it is interrupted, when run again %s', async (_, withCursor) => {
    const workspace = await someWorkspace();
    for (const callsBefore of [1, 2, 4, 6, 8, 11, 14]) {
      const keys = [
        ...(await interactions(workspace, 4, dead)),
        ...(await interactions(workspace, 3)),
      ];
      vi.setSystemTime(Date.now() + 2 * HOUR_MS);
      haveSmallSlowPages(2);
      const from = await cutOff({ ...REDRIVE, workspace }, callsBefore);
      await redriveToTheEnd({ ...REDRIVE, ...(withCursor && from ? { from } : { workspace }) });
      tables().db.middlewareStack.remove('look');
      expect(new Set(await statusesOf(keys))).toEqual(new Set(['retrying']));
    }
  });

  /** @returns the last cursor that was answered before a call to the database failed */
  async function cutOff(request: object, callsBefore: number): Promise<string | undefined> {
    let calls = 0;
    tables().db.middlewareStack.add(
      (next) => (args) => {
        calls += 1;
        if (calls > callsBefore) throw new Error('cut off');
        return next(args);
      },
      { name: 'cut', step: 'initialize' },
    );
    let from: string | undefined;
    const untilCut = async () => {
      for (let ask = request; ; ask = { ...REDRIVE, from }) {
        from = v.parse(answerSchema, await invoke(ask)).next;
      }
    };
    await expect(untilCut()).rejects.toThrow('cut off');
    tables().db.middlewareStack.remove('cut');
    return from;
  }

  it('rejects other fields beside a cursor, and a text that is no cursor', async () => {
    const workspace = await someWorkspace();
    await interactions(workspace, 8, dead);
    haveSmallSlowPages(2);
    const { next } = v.parse(answerSchema, await invoke({ ...REDRIVE, workspace, dryRun: true }));
    for (const other of [{ dryRun: true }, { perSecond: 5 }, { workspace }]) {
      await expect(invoke({ ...REDRIVE, from: next, ...other })).rejects.toThrow(
        /^from: continues/,
      );
    }
    for (const from of ['', 'nonsense', Buffer.from('{"phase":"dead"}').toString('base64url')]) {
      await expect(invoke({ ...REDRIVE, from })).rejects.toThrow(/^from: must be the `next`/);
    }
  });
});

it('refuses to redrive an unknown workspace', async () => {
  await expect(invoke({ ...REDRIVE, workspace: 'nobody' })).rejects.toThrow(
    /^workspace: there is no workspace with this id/,
  );
});

describe('stats', () => {
  const statsSchema = v.object({ dead: v.number(), complete: v.boolean() });

  it('reads the first of each queue, and lets DynamoDB count all of it and what is stuck', async () => {
    const inputs: object[] = [];
    onCall((_, input) => {
      inputs.push(input);
      return input;
    });
    expect(v.parse(statsSchema, await invoke({ command: 'stats' })).complete).toBe(true);
    const queues = RETRY_QUEUES.length + 1;
    expect(inputs).toHaveLength(2 * queues + 1);
    expect(inputs.filter((input) => 'Limit' in input && input.Limit === 1)).toHaveLength(queues);
    expect(inputs.filter((input) => 'Select' in input && input.Select === 'COUNT')).toHaveLength(
      queues + 1,
    );
  });

  it('stops counting within a minute, and says that there are more', async () => {
    await interactions(await someWorkspace(), 20, dead);
    haveSmallSlowPages(2);
    const { dead: counted, complete } = v.parse(statsSchema, await invoke({ command: 'stats' }));
    expect(complete).toBe(false);
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThan(20);
  });

  it('stops counting what is stuck as well', async () => {
    const counted = v.object({ pendingOverAnHour: v.number(), complete: v.boolean() });
    await interactions(await someWorkspace(), 20);
    vi.setSystemTime(NOW + 2 * HOUR_MS);
    onCall((name, input) => {
      if (name !== 'ScanCommand') return input;
      vi.setSystemTime(Date.now() + SLOW_PAGE_MS);
      return { ...input, Limit: 2 };
    });
    const stats = v.parse(counted, await invoke({ command: 'stats' }));
    expect(stats.complete).toBe(false);
    expect(stats.pendingOverAnHour).toBeLessThan(20);
  });
});
