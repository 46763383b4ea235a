import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isRetryWindowOver, RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import type { InteractionKey } from '../../lib/ledger/entry.ts';
import type { Outcome } from '../../lib/ledger/outcome.ts';
import { RETRY_QUEUES } from '../../lib/ledger/queues.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { retryWindowStart } from '../../lib/ledger/retry-window.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../../lib/workspaces/workspace-cache.ts';
import { TABLES } from '../../offline/database.ts';
import { operatorSecrets } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const LATER = NOW + 6 * HOUR_MS;
/** A page takes so long that a call has time for three. */
const SLOW_PAGE_MS = 20_000;
const tables = embeddedTables();
const rejected: Outcome = { status: 'retrying', error: 'status 401', dueAt: LATER };
const unavailable: Outcome = { status: 'retrying', error: 'status 503', dueAt: LATER };

const answerSchema = v.looseObject({
  released: v.optional(v.number()),
  waiting: v.optional(v.number()),
  done: v.boolean(),
  next: v.optional(v.string()),
});

/** One invocation of the operator's function. */
async function invoke(request: object) {
  const { db, registry } = tables();
  const deadline = Date.now() + 15 * MINUTE_MS;
  const repairs = createRepairs(db, TABLES.Interactions);
  const remainingMs = () => deadline - Date.now();
  const operator = createOperator({
    repairs,
    registry,
    ...operatorSecrets,
    remainingMs,
    audit: () => {},
  });
  return v.parse(answerSchema, await operator.run(request));
}

/** Calls again with each answer's cursor, as the command line does. */
async function toTheEnd({ command, ...fields }: { command: string; [field: string]: unknown }) {
  const answers = [await invoke({ command, ...fields })];
  for (let from = answers[0]?.next; from !== undefined; from = answers.at(-1)?.next) {
    answers.push(await invoke({ command, from }));
  }
  return answers;
}

async function someWorkspace(): Promise<string> {
  const workspace = `w-${randomUUID()}`;
  await tables().operator.run({ command: 'workspace.add', workspace, name: 'Acme' });
  return workspace;
}

/** Interactions of as many contacts that were tried once. */
function tried(workspace: string, count: number, outcome: Outcome): Promise<InteractionKey[]> {
  const { ledger } = tables();
  const event = { email: 'a@example.com', timestamp: '2020-05-31T00:00:00Z', description: 'x' };
  const made = Array.from({ length: count }, async () => {
    const key = { contact: `${workspace}#${randomUUID()}`, day: '2020-05-31' };
    await ledger.accept(key, event, Date.now());
    await ledger.settle(await existing(ledger.read(key)), outcome, Date.now());
    return key;
  });
  return Promise.all(made);
}

const read = (keys: InteractionKey[]) =>
  Promise.all(keys.map((key) => existing(tables().ledger.read(key))));

/** In which second after a time each one is due. */
async function dueSeconds(keys: InteractionKey[], start: number): Promise<number[]> {
  const entries = await read(keys);
  const ms = entries.map(({ dueAt = '' }) => Date.parse(dueAt) - start);
  return ms.map((after) => Math.floor(after / SECOND_MS)).sort((a, b) => a - b);
}

function haveSmallSlowPages(size: number): void {
  tables().db.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'QueryCommand') return next(args);
        vi.setSystemTime(Date.now() + SLOW_PAGE_MS);
        return next({ ...args, input: { ...args.input, Limit: size } });
      },
    { name: 'slow pages', step: 'initialize' },
  );
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  tables().db.middlewareStack.remove('slow pages');
  vi.useRealTimers();
});

describe.each(['workspace.rotate', 'workspace.update'])('a new key by %s', (command) => {
  const natApiKey = 'the-new-key-for-nat';

  it('releases what waits for it at the pace of a redrive', async () => {
    const workspace = await someWorkspace();
    const keys = await tried(workspace, 35, rejected);
    expect(await invoke({ command, workspace, natApiKey })).toMatchObject({
      released: 35,
      done: true,
    });
    const start = NOW + WORKSPACE_CHANGE_VISIBLE_AFTER_MS;
    const perSecond = [0, 1, 2, 3].flatMap((second) => Array(second < 3 ? 10 : 5).fill(second));
    expect(await dueSeconds(keys, start)).toEqual(perSecond);
  });

  it('says before a minute is over how far it is, and keeps its pace to the end', async () => {
    const workspace = await someWorkspace();
    const keys = await tried(workspace, 30, rejected);
    haveSmallSlowPages(3);
    const answers = await toTheEnd({ command, workspace, natApiKey, perSecond: 1 });
    expect(answers.length).toBeGreaterThan(2);
    expect(answers.map(({ released = 0 }) => released).reduce((sum, one) => sum + one)).toBe(30);
    const seconds = await dueSeconds(keys, NOW);
    expect(new Set(seconds).size).toBe(30);
  });

  it('leaves what it has released when it is run again, and releases the rest', async () => {
    const workspace = await someWorkspace();
    const keys = await tried(workspace, 20, rejected);
    haveSmallSlowPages(2);
    let answer = await invoke({ command, workspace, natApiKey });
    // The queues begin with what other tests left.
    while (answer.released === 0) answer = await invoke({ command, from: answer.next });
    const { released = 0 } = answer;
    expect(released).toBeLessThan(20);
    const before = (await read(keys)).filter(({ attempts }) => attempts === 0);
    const again = await toTheEnd({ command, workspace, natApiKey });
    expect(again.reduce((sum, answer) => sum + (answer.released ?? 0), 0)).toBe(20 - released);
    expect(await read(before)).toEqual(before);
    expect((await read(keys)).map(({ attempts }) => attempts)).toEqual(Array(20).fill(0));
  });

  it('continues with its `next` only', async () => {
    const workspace = await someWorkspace();
    const redrive = { command: 'interactions.redrive', dryRun: true };
    await tried(workspace, 20, rejected);
    haveSmallSlowPages(1);
    const { next } = await invoke({ ...redrive, waiting: true });
    await expect(invoke({ command, from: next })).rejects.toThrow(/^from: must be the `next`/);
    await expect(invoke({ command, workspace, from: next })).rejects.toThrow(/^from: continues/);
  });
});

describe('a redrive of what is due in 73 hours', () => {
  const DUE = NOW + 73 * HOUR_MS;

  it('gives it its whole retry window from when it is due', async () => {
    const workspace = await someWorkspace();
    const [key] = await tried(workspace, 1, { status: 'dead', error: 'status 400' });
    if (key === undefined) throw new Error('not made');
    const repairs = createRepairs(tables().db, TABLES.Interactions);
    await repairs.redrive(key, DUE, NOW);
    const windowStart = retryWindowStart(await existing(tables().ledger.read(key)), DUE);
    const end = DUE + RETRY_SCHEDULE.giveUpAfterMs;
    expect([end - 1, end].map((now) => isRetryWindowOver(windowStart, now))).toEqual([false, true]);
  });

  it('starts the window of each interaction when its turn comes', async () => {
    const workspace = await someWorkspace();
    const keys = await tried(workspace, 3, { status: 'dead', error: 'status 400' });
    await invoke({ command: 'interactions.redrive', workspace, perSecond: 1 });
    const entries = await read(keys);
    for (const { dueAt, retryWindowStartsAt } of entries) expect(retryWindowStartsAt).toBe(dueAt);
    expect(new Set(entries.map(({ dueAt }) => dueAt)).size).toBe(3);
  });
});

describe('interactions.redrive --waiting', () => {
  const hasten = { command: 'interactions.redrive', waiting: true };

  it('makes the next try of what is waiting due now, paced, and changes nothing else', async () => {
    const workspace = await someWorkspace();
    const keys = await tried(workspace, 25, unavailable);
    const before = await read(keys);
    expect(await invoke({ ...hasten, workspace })).toEqual({
      waiting: 25,
      scanned: expect.any(Number),
      dryRun: false,
      done: true,
    });
    expect(await dueSeconds(keys, NOW)).toEqual(
      [0, 1, 2].flatMap((second) => Array(second < 2 ? 10 : 5).fill(second)),
    );
    const unchanged = (entries: Awaited<ReturnType<typeof read>>) =>
      entries.map(({ dueAt: _, ...entry }) => entry);
    expect(unchanged(await read(keys))).toEqual(unchanged(before));
  });

  it('only counts on a dry run, and leaves other workspaces', async () => {
    const [mine, other] = [await someWorkspace(), await someWorkspace()];
    const keys = [...(await tried(mine, 2, unavailable)), ...(await tried(other, 1, unavailable))];
    const [, , others] = await read(keys);
    expect(await invoke({ ...hasten, workspace: mine, dryRun: true })).toMatchObject({
      waiting: 2,
    });
    expect(await dueSeconds(keys, LATER)).toEqual([0, 0, 0]);
    await invoke({ ...hasten, workspace: mine });
    expect((await read(keys))[2]).toEqual(others);
  });

  it('makes nothing due later, when it is run again too', async () => {
    const workspace = await someWorkspace();
    const keys = await tried(workspace, 12, { ...unavailable, dueAt: NOW + 2 * SECOND_MS });
    await invoke({ ...hasten, workspace, perSecond: 1 });
    const entries = await read(keys);
    expect(await dueSeconds(keys, NOW)).toEqual([0, 1, ...Array(10).fill(2)]);
    await invoke({ ...hasten, workspace, perSecond: 1 });
    for (const [index, { dueAt = '' }] of (await read(keys)).entries()) {
      expect(dueAt <= (entries[index]?.dueAt ?? '')).toBe(true);
    }
  });

  it('gives the turns of what is due already to others', async () => {
    const workspace = await someWorkspace();
    await tried(workspace, 40, { ...unavailable, dueAt: NOW });
    const keys = await tried(workspace, 10, unavailable);
    await invoke({ ...hasten, workspace, perSecond: 1 });
    expect((await dueSeconds(keys, NOW)).at(-1)).toBeLessThan(35);
  });

  it('takes no lease away', async () => {
    const workspace = await someWorkspace();
    const [key] = await tried(workspace, 1, { ...unavailable, dueAt: NOW });
    if (key === undefined) throw new Error('not made');
    const due = { ...key, dueAt: new Date(NOW).toISOString() };
    const leased = await existing(tables().ledger.lease(due, NOW + 2 * MINUTE_MS));
    expect(await invoke({ ...hasten, workspace })).toMatchObject({ waiting: 0 });
    expect(await read([key])).toEqual([leased]);
  });

  it('goes on to the end over several invocations', async () => {
    const workspace = await someWorkspace();
    const keys = await tried(workspace, 20, unavailable);
    haveSmallSlowPages(2);
    const answers = await toTheEnd({ ...hasten, workspace, perSecond: 1000 });
    expect(answers.length).toBeGreaterThan(RETRY_QUEUES.length / 3);
    expect(answers.reduce((sum, { waiting = 0 }) => sum + waiting, 0)).toBe(20);
    for (const { dueAt = '' } of await read(keys)) expect(Date.parse(dueAt)).toBeLessThan(LATER);
  });

  it('takes no age: the index does not know it', async () => {
    await expect(invoke({ ...hasten, olderThanHours: 1 })).rejects.toThrow(/^olderThanHours: /);
  });
});
