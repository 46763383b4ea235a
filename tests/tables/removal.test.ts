import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../lib/ledger/outcome.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../../lib/workspaces/workspace-cache.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { operatorSecrets } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';
import { cutOff, interleave } from './interruptions.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const SLOW_PAGE_MS = 20_000;
const tables = embeddedTables();
const remove = { command: 'workspace.remove' };

const answerSchema = v.looseObject({
  pending: v.number(),
  retrying: v.number(),
  delivered: v.number(),
  dead: v.number(),
  done: v.boolean(),
  next: v.optional(v.string()),
  resumeAt: v.optional(v.string()),
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
  return operator.run(request);
}

/** Calls again with each answer's cursor, when the answer says so, as the command line does. */
async function removeToTheEnd(fields: object) {
  const answers = [v.parse(answerSchema, await invoke({ ...remove, ...fields }))];
  for (let last = answers[0]; last?.next !== undefined; last = answers.at(-1)) {
    if (last.resumeAt !== undefined) vi.setSystemTime(Date.parse(last.resumeAt));
    answers.push(v.parse(answerSchema, await invoke({ ...remove, from: last.next })));
  }
  return answers;
}

function totalOf(answers: v.InferOutput<typeof answerSchema>[]) {
  const sum = (status: 'pending' | 'retrying' | 'delivered' | 'dead') =>
    answers.reduce((total, answer) => total + answer[status], 0);
  return [sum('pending'), sum('retrying'), sum('delivered'), sum('dead')];
}

async function add() {
  const workspace = `w-${randomUUID()}`;
  const apiKey = `key-of-${workspace}`;
  await invoke({ command: 'workspace.add', workspace, name: 'Acme', apiKey });
  return { workspace, apiKey };
}

/** One interaction in each status. */
async function addInteractions(workspace: string): Promise<void> {
  const outcomes: (Outcome | undefined)[] = [
    undefined,
    { status: 'retrying', error: 'timeout', dueAt: NOW },
    { status: 'delivered' },
    { status: 'dead', error: 'status 400' },
  ];
  const { ledger } = tables();
  const event = { email: 'a@example.com', timestamp: '2020-05-31T00:00:00Z', description: 'x' };
  for (const outcome of outcomes) {
    const key = { contact: `${workspace}#${randomUUID()}`, day: '2020-05-31' };
    await ledger.accept(key, event, Date.now());
    if (outcome) await ledger.settle(await existing(ledger.read(key)), outcome, Date.now());
  }
}

/** How many items of a workspace are left in the tables. */
async function leftOf(workspace: string) {
  const items = async (TableName: string) => {
    const { Items = [] } = await tables().db.send(new ScanCommand({ TableName }));
    return Items.map((item) => JSON.stringify(unmarshall(item)));
  };
  const of = (texts: string[]) => texts.filter((text) => text.includes(workspace)).length;
  return {
    interactions: of(await items(TABLES.Interactions)),
    records: of(await items(TABLES.Workspaces)),
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  tables().db.middlewareStack.remove('slow pages');
  vi.useRealTimers();
});

describe('workspace.remove', () => {
  it('only counts on a dry run', async () => {
    const { workspace, apiKey } = await add();
    await addInteractions(workspace);
    expect(await invoke({ ...remove, workspace, dryRun: true })).toEqual({
      ...{ pending: 1, retrying: 1, delivered: 1, dead: 1 },
      scanned: expect.any(Number),
      dryRun: true,
      done: true,
    });
    expect(await leftOf(workspace)).toEqual({ interactions: 4, records: 2 });
    const { workspaces } = tables();
    expect(await workspaces.findByApiKey(apiKey, NOW)).toMatchObject({ id: workspace });
  });

  it('ends the keys at once, and deletes when no container remembers them any more', async () => {
    const { workspace, apiKey } = await add();
    const other = await add();
    await addInteractions(workspace);
    await addInteractions(other.workspace);
    const first = v.parse(answerSchema, await invoke({ ...remove, workspace }));
    expect(first).toMatchObject({ done: false, delivered: 0 });
    expect(first.resumeAt).toBe(new Date(NOW + WORKSPACE_CHANGE_VISIBLE_AFTER_MS).toISOString());
    const fresh = createWorkspaces(tables().db, TABLES.Workspaces);
    expect(await fresh.findByApiKey(apiKey, NOW)).toBeUndefined();
    // Continued too early, it deletes nothing, and does not begin to wait again.
    vi.setSystemTime(NOW + WORKSPACE_CHANGE_VISIBLE_AFTER_MS - 1);
    expect(await invoke({ ...remove, from: first.next })).toEqual(first);
    expect(await leftOf(workspace)).toEqual({ interactions: 4, records: 2 });

    expect(totalOf(await removeToTheEnd({ workspace }))).toEqual([1, 1, 1, 1]);
    expect(await leftOf(workspace)).toEqual({ interactions: 0, records: 0 });
    expect(await leftOf(other.workspace)).toEqual({ interactions: 4, records: 2 });
  });

  it('says before a minute is over how far it is', async () => {
    const { workspace } = await add();
    for (let n = 0; n < 5; n += 1) await addInteractions(workspace);
    tables().db.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== 'ScanCommand') return next(args);
          vi.setSystemTime(Date.now() + SLOW_PAGE_MS);
          return next({ ...args, input: { ...args.input, Limit: 4 } });
        },
      { name: 'slow pages', step: 'initialize' },
    );
    const answers = await removeToTheEnd({ workspace });
    tables().db.middlewareStack.remove('slow pages');
    expect(answers.length).toBeGreaterThan(2);
    expect(totalOf(answers)).toEqual([5, 5, 5, 5]);
    expect(await leftOf(workspace)).toEqual({ interactions: 0, records: 0 });
  });

  it('comes to the same end wherever it is cut off, when it is run again', async () => {
    let writes = 0;
    for (let isCut = true; isCut; writes += 1) {
      const { workspace } = await add();
      await addInteractions(workspace);
      isCut = await cutOff(tables().db, writes + 1, () => removeToTheEnd({ workspace }));
      const isLeft = (await tables().registry.find(workspace)) !== undefined;
      if (isLeft) await removeToTheEnd({ workspace });
      expect(await leftOf(workspace)).toEqual({ interactions: 0, records: 0 });
    }
    expect(writes).toBeGreaterThan(7);
  });

  it('waits again when an earlier call may not have ended every key', async () => {
    const { workspace } = await add();
    await addInteractions(workspace);
    // Cut off after the master record: the key is still good, and containers remember it.
    await cutOff(tables().db, 1, () => invoke({ ...remove, workspace }));
    vi.setSystemTime(NOW + 60 * MINUTE_MS);
    expect(await invoke({ ...remove, workspace })).toMatchObject({
      done: false,
      resumeAt: new Date(Date.now() + WORKSPACE_CHANGE_VISIBLE_AFTER_MS).toISOString(),
    });
    expect(await leftOf(workspace)).toEqual({ interactions: 4, records: 2 });
  });

  it('lets no other command change what is being removed', async () => {
    const { workspace } = await add();
    await invoke({ ...remove, workspace });
    for (const command of ['workspace.enable', 'workspace.rotate']) {
      await expect(invoke({ command, workspace })).rejects.toThrow(/^workspace: is being removed/);
    }
    const addAgain = { command: 'workspace.add', workspace, name: 'Acme' };
    await expect(invoke(addAgain)).rejects.toThrow(/^workspace: there is one/);
  });

  it('deletes a workspace to the end that something else changes at any moment, as secrets.rotate does', async () => {
    let calls = 0;
    for (let isReached = true; isReached; calls += 1) {
      const { workspace } = await add();
      await addInteractions(workspace);
      const { next, resumeAt } = v.parse(answerSchema, await invoke({ ...remove, workspace }));
      vi.setSystemTime(Date.parse(resumeAt ?? ''));
      const { reached, results } = await interleave(
        tables().db,
        calls + 1,
        () => invoke({ ...remove, from: next }),
        () => tables().registry.change(workspace, (master) => ({ ...master, name: 'Changed' })),
      );
      isReached = reached;
      expect(results[0]).toMatchObject({ status: 'fulfilled', value: { done: true } });
      expect(await leftOf(workspace)).toEqual({ interactions: 0, records: 0 });
    }
    expect(calls).toBeGreaterThan(7);
  });

  it('gives the id and the key free, and does not remove a workspace that was added again', async () => {
    const { workspace, apiKey } = await add();
    const { next, resumeAt } = v.parse(answerSchema, await invoke({ ...remove, workspace }));
    vi.setSystemTime(Date.parse(resumeAt ?? ''));
    await removeToTheEnd({ workspace });
    await invoke({ command: 'workspace.add', workspace, name: 'Acme', apiKey });
    await expect(invoke({ ...remove, from: next })).rejects.toThrow(
      /^from: this removal has ended/,
    );
    const fresh = createWorkspaces(tables().db, TABLES.Workspaces);
    expect(await fresh.findByApiKey(apiKey, Date.now())).toMatchObject({ id: workspace });
  });
});
