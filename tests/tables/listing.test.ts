import { randomUUID } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toKeyItem } from '../../lib/ledger/entry.ts';
import type { Outcome } from '../../lib/ledger/outcome.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { DAY_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import { TABLES } from '../../offline/database.ts';
import { contactKeyOf, operatorSecrets } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const SLOW_PAGE_MS = 50_000;
const tables = embeddedTables();
const list = { command: 'interactions.list' };
const dead: Outcome = { status: 'dead', error: 'status 400' };
const retrying: Outcome = { status: 'retrying', error: 'status 503', dueAt: NOW + MINUTE_MS };

const answerSchema = v.object({
  interactions: v.array(
    v.looseObject({ contact: v.string(), status: v.string(), lastError: v.optional(v.string()) }),
  ),
  next: v.optional(v.string()),
});

async function invoke(request: object): Promise<unknown> {
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

/** All pages of a list. */
async function listAll(fields: object) {
  const pages = [v.parse(answerSchema, await invoke({ ...list, ...fields }))];
  for (let from = pages[0]?.next; from !== undefined; from = pages.at(-1)?.next) {
    pages.push(v.parse(answerSchema, await invoke({ ...list, from })));
  }
  return { pages, all: pages.flatMap(({ interactions }) => interactions) };
}

async function someWorkspace(): Promise<string> {
  const workspace = `w-${randomUUID()}`;
  await invoke({ command: 'workspace.add', workspace, name: 'Acme' });
  return workspace;
}

/** @returns the ledger's `contact` */
async function interaction(workspace: string, outcome?: Outcome) {
  const { ledger } = tables();
  const email = `${randomUUID()}@example.com`;
  const key = {
    contact: `${workspace}#${contactKeyOf(workspace, email)}`,
    day: '2020-05-31',
  };
  const event = { email, timestamp: '2020-05-31T00:00:00Z', description: 'x' };
  await ledger.accept(key, event, Date.now());
  if (outcome) await ledger.settle(await existing(ledger.read(key)), outcome, Date.now());
  return { email, ...key };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  tables().db.middlewareStack.remove('slow pages');
  vi.useRealTimers();
});

describe('interactions.list', () => {
  it.each([
    ['pending', undefined, undefined],
    ['retrying', retrying, 'status 503'],
    ['delivered', { status: 'delivered' } as const, undefined],
    ['dead', dead, 'status 400'],
  ])(
    'lists what is %s in a workspace, with its last error and without its address',
    async (status, outcome, lastError) => {
      const [workspace, other] = [await someWorkspace(), await someWorkspace()];
      const { contact, email } = await interaction(workspace, outcome);
      await interaction(workspace, status === 'dead' ? retrying : dead);
      await interaction(other, outcome);
      const { all } = await listAll({ workspace, status });
      expect(all).toMatchObject([
        { contact, status, ...(lastError !== undefined && { lastError }) },
      ]);
      expect(JSON.stringify(all)).not.toContain(email);
    },
  );

  it('lists every status if none is given', async () => {
    const workspace = await someWorkspace();
    for (const outcome of [undefined, retrying, dead]) await interaction(workspace, outcome);
    const { all } = await listAll({ workspace });
    expect(all.map(({ status }) => status).sort()).toEqual(['dead', 'pending', 'retrying']);
  });

  it.each([undefined, 'dead', 'retrying'])(
    'lists only what was accepted since a date or a time, of status %s',
    async (status) => {
      const workspace = await someWorkspace();
      const outcome = status === 'retrying' ? retrying : dead;
      await interaction(workspace, outcome);
      vi.setSystemTime(NOW + DAY_MS);
      const { contact } = await interaction(workspace, outcome);
      for (const since of ['2026-11-25', '2026-11-25T09:00:00+01:00']) {
        const { all } = await listAll({ workspace, since, ...(status && { status }) });
        expect(all).toMatchObject([{ contact }]);
      }
    },
  );

  it.each([undefined, 'dead', 'retrying'])(
    'lists 100 at a time, each once, of status %s',
    async (status) => {
      const workspace = await someWorkspace();
      const outcome = status === 'retrying' ? retrying : dead;
      const made = await pMap(Array(230).fill(outcome), (one) => interaction(workspace, one), {
        concurrency: 20,
      });
      const { pages, all } = await listAll({ workspace, ...(status && { status }) });
      expect(pages.slice(0, 2).map(({ interactions }) => interactions.length)).toEqual([100, 100]);
      expect(all.map(({ contact }) => contact).sort()).toEqual(
        made.map(({ contact }) => contact).sort(),
      );
    },
  );

  it('answers before a minute is over, with what it has found by then', async () => {
    const workspace = await someWorkspace();
    for (let n = 0; n < 9; n += 1) await interaction(workspace, dead);
    tables().db.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== 'ScanCommand') return next(args);
          vi.setSystemTime(Date.now() + SLOW_PAGE_MS);
          return next({ ...args, input: { ...args.input, Limit: 100 } });
        },
      { name: 'slow pages', step: 'initialize' },
    );
    const { pages, all } = await listAll({ workspace });
    expect(pages.length).toBeGreaterThan(1);
    expect(all).toHaveLength(9);
  });

  it.each([
    [{ status: 'lost' }, /^status: /],
    [{ since: 'yesterday' }, /^since: must be a date/],
    [{ since: '2021-02-30' }, /^since: must be a date/],
    [{ since: '2021-02-28 12:00:00Z' }, /^since: must be a date/],
    [{ since: '2021-02-28T25:00:00Z' }, /^since: must be a date/],
    [{ workspace: 'nobody' }, /^workspace: there is no/],
    [{ from: 'nonsense' }, /^from: must be the `next`/],
  ])('refuses %j', async (fields, message) => {
    await expect(invoke({ ...list, ...fields })).rejects.toThrow(message);
  });
});

it('lists, shows and forgets an interaction with attributes that are missing or wrong', async () => {
  const workspace = await someWorkspace();
  const { contact, day } = await interaction(workspace, dead);
  await tables().db.send(
    new UpdateItemCommand({
      TableName: TABLES.Interactions,
      Key: toKeyItem({ contact, day }),
      UpdateExpression: 'SET attempts = :wrong REMOVE event, acceptedAt',
      ExpressionAttributeValues: { ':wrong': { S: 'many' } },
    }),
  );
  for (const fields of [{}, { status: 'dead' }]) {
    const { all } = await listAll({ workspace, ...fields });
    expect(all).toMatchObject([{ contact, day, lastError: 'status 400' }]);
  }
  const contactKey = contact;
  const shown = await invoke({ command: 'interactions.show', workspace, contactKey });
  expect(shown).toMatchObject({ interactions: [{ contact, day, status: 'dead' }] });
  const forget = { command: 'contact.forget', workspace, contactKey };
  expect(await invoke(forget)).toEqual({ forgotten: 1 });
});

describe('a contact', () => {
  it.each(['interactions.show', 'contact.forget'])(
    'is found by %s as a log line names it, with or without the workspace',
    async (command) => {
      const workspace = await someWorkspace();
      const { contact } = await interaction(workspace, dead);
      for (const contactKey of [contact, contact.replace(/.*#/, '')]) {
        expect(
          await invoke({ command, workspace, contactKey, ...dryRunOf(command) }),
        ).toMatchObject({
          interactions: [{ contact }],
        });
      }
    },
  );

  it('is named by its email or by its contact key, and belongs to the workspace', async () => {
    const [workspace, other] = [await someWorkspace(), await someWorkspace()];
    const { email, contact } = await interaction(workspace);
    const show = { command: 'interactions.show', workspace };
    for (const contactOf of [{}, { email, contactKey: contact }]) {
      await expect(invoke({ ...show, ...contactOf })).rejects.toThrow(/^email: give either/);
    }
    const ofOther = { ...show, workspace: other, contactKey: contact };
    await expect(invoke(ofOther)).rejects.toThrow(/^contactKey: belongs to another/);
    await expect(invoke({ ...show, contactKey: 'short' })).rejects.toThrow(/^contactKey: must be/);
  });

  it('is not forgotten on a dry run, which shows what would be deleted', async () => {
    const workspace = await someWorkspace();
    const { email, contact, day } = await interaction(workspace, dead);
    const forget = { command: 'contact.forget', workspace, email };
    const shown = await invoke({ ...forget, dryRun: true });
    expect(shown).toMatchObject({ dryRun: true, interactions: [{ contact, day }] });
    expect(JSON.stringify(shown)).not.toContain(email);
    expect(await tables().ledger.read({ contact, day })).toBeDefined();
    expect(await invoke(forget)).toEqual({ forgotten: 1 });
  });
});

function dryRunOf(command: string): object {
  return command === 'contact.forget' ? { dryRun: true } : {};
}
