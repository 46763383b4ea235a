import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import type { Outcome } from '../../lib/ledger/outcome.ts';
import { HOUR_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../../lib/workspaces/workspace-cache.ts';
import { contactKeyOf } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
/** When the retry window of what was accepted now is over. */
const AFTER_WINDOW = NOW + RETRY_SCHEDULE.giveUpAfterMs + HOUR_MS;
const tables = embeddedTables();
const run = (request: object) => tables().operator.run(request);
const dead: Outcome = { status: 'dead', error: 'status 400' };

async function someWorkspace(): Promise<string> {
  const id = `w-${randomUUID()}`;
  await run({ command: 'workspace.add', workspace: id, name: 'Acme' });
  return id;
}

/** Accepts an interaction, and settles it if there is an outcome. */
async function interaction(workspace: string, outcome?: Outcome, day = '2020-05-31') {
  const email = `${randomUUID()}@example.com`;
  const key = { contact: `${workspace}#${contactKeyOf(workspace, email)}`, day };
  const timestamp = '2020-05-31T17:55:47.263Z';
  const { ledger } = tables();
  await ledger.accept(key, { email, timestamp, description: 'https://example.com' }, Date.now());
  if (outcome !== undefined) {
    await ledger.settle(await existing(ledger.read(key)), outcome, Date.now());
  }
  return { email, key };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('interactions.redrive', () => {
  it('gives a dead interaction all its tries again, in a new retry window', async () => {
    const workspace = await someWorkspace();
    const { key } = await interaction(workspace, dead);
    vi.setSystemTime(AFTER_WINDOW);
    expect(await run({ command: 'interactions.redrive', workspace })).toEqual({
      dead: 1,
      stuck: 0,
      scanned: expect.any(Number),
      dryRun: false,
      done: true,
    });
    expect(await tables().ledger.read(key)).toMatchObject({
      status: 'retrying',
      attempts: 0,
      dueAt: new Date(AFTER_WINDOW).toISOString(),
      retryWindowStartsAt: new Date(AFTER_WINDOW).toISOString(),
      queue: expect.stringMatching(/^retry#/),
    });
  });

  it('redrives what is pending for over an hour, and nothing younger', async () => {
    const workspace = await someWorkspace();
    const stuck = await interaction(workspace);
    vi.setSystemTime(NOW + HOUR_MS + 1);
    const onItsWay = await interaction(workspace);
    expect(await run({ command: 'interactions.redrive', workspace })).toMatchObject({ stuck: 1 });
    const { ledger } = tables();
    expect((await ledger.read(stuck.key))?.status).toBe('retrying');
    expect((await ledger.read(onItsWay.key))?.status).toBe('pending');
  });

  it('only counts on a dry run, by workspace and age', async () => {
    const [mine, other] = [await someWorkspace(), await someWorkspace()];
    const { key } = await interaction(mine, dead);
    await interaction(other, dead);
    vi.setSystemTime(NOW + 3 * HOUR_MS);
    await interaction(mine, dead);
    const dryRun = { command: 'interactions.redrive', workspace: mine, dryRun: true };
    expect(await run(dryRun)).toMatchObject({ dead: 2 });
    expect(await run({ ...dryRun, olderThanHours: 2 })).toMatchObject({ dead: 1 });
    expect((await tables().ledger.read(key))?.status).toBe('dead');
  });

  it('spreads the due times, and redrives nothing twice when it is run again', async () => {
    const workspace = await someWorkspace();
    const all = await Promise.all(Array.from({ length: 25 }, () => interaction(workspace, dead)));
    const redrive = { command: 'interactions.redrive', workspace, perSecond: 10 };
    expect(await run(redrive)).toMatchObject({ dead: 25 });
    expect(await run(redrive)).toMatchObject({ dead: 0 });
    const dueTimes = all.map(async ({ key }) => (await tables().ledger.read(key))?.dueAt ?? '');
    const seconds = (await Promise.all(dueTimes)).map((dueAt) => (Date.parse(dueAt) - NOW) / 1000);
    expect([0, 1, 2].map((at) => seconds.filter((second) => second === at).length)).toEqual([
      10, 10, 5,
    ]);
  });
});

describe('contact.forget', () => {
  it('deletes everything about the contact, and nothing else', async () => {
    const workspace = await someWorkspace();
    const { email, key } = await interaction(workspace, dead);
    const nextDay = { ...key, day: '2020-06-01' };
    const event = { email, timestamp: '2020-06-01T00:00:00Z', description: 'x' };
    await tables().ledger.accept(nextDay, event, Date.now());
    const other = await interaction(workspace);
    const forget = { command: 'contact.forget', workspace, email: email.toUpperCase() };
    expect(await run(forget)).toEqual({ forgotten: 2 });
    expect(await tables().ledger.read(key)).toBeUndefined();
    expect(await tables().ledger.read(nextDay)).toBeUndefined();
    expect(await tables().ledger.read(other.key)).toBeDefined();
    expect(await run(forget)).toEqual({ forgotten: 0 });
  });
});

describe('interactions.show', () => {
  it("lists a contact's interactions, newest day first, without the address", async () => {
    const workspace = await someWorkspace();
    const { email, key } = await interaction(workspace, dead);
    const event = { email, timestamp: '2020-06-01T00:00:00Z', description: 'x' };
    await tables().ledger.accept({ ...key, day: '2020-06-01' }, event, Date.now());
    const answer = await run({ command: 'interactions.show', workspace, email });
    expect(answer).toMatchObject({
      interactions: [
        { day: '2020-06-01', status: 'pending' },
        { day: '2020-05-31', status: 'dead', lastError: 'status 400', attempts: 1 },
      ],
    });
    expect(JSON.stringify(answer)).not.toContain(email);
  });
});

describe('stats', () => {
  it('counts retrying and dead interactions', async () => {
    const countsSchema = v.object({ retrying: v.number(), dead: v.number() });
    const before = v.parse(countsSchema, await run({ command: 'stats' }));
    const workspace = await someWorkspace();
    await interaction(workspace, dead);
    await interaction(workspace, { status: 'retrying', error: 'timeout', dueAt: NOW });
    expect(await run({ command: 'stats' })).toMatchObject({
      retrying: before.retrying + 1,
      dead: before.dead + 1,
    });
  });

  it('counts what is pending for over an hour, and not what is on its way', async () => {
    const countSchema = v.object({ pendingOverAnHour: v.number(), complete: v.literal(true) });
    const count = async () =>
      v.parse(countSchema, await run({ command: 'stats' })).pendingOverAnHour;
    const workspace = await someWorkspace();
    vi.setSystemTime(NOW + 30 * 24 * HOUR_MS);
    const before = await count();
    await interaction(workspace);
    await interaction(workspace, dead);
    vi.setSystemTime(Date.now() + HOUR_MS - 1);
    expect(await count()).toBe(before);
    vi.setSystemTime(Date.now() + 1);
    expect(await count()).toBe(before + 1);
  });
});

describe('a new key for Nat', () => {
  const SIX_HOURS_ON = NOW + 6 * HOUR_MS;
  const rejected: Outcome = { status: 'retrying', error: 'status 401', dueAt: SIX_HOURS_ON };

  it('makes due what waits for it, when no deliverer remembers the old key', async () => {
    const [id, other] = [await someWorkspace(), await someWorkspace()];
    const [mine, others] = [await interaction(id, rejected), await interaction(other, rejected)];
    await run({ command: 'workspace.rotate', workspace: id });
    const { ledger } = tables();
    expect((await ledger.read(mine.key))?.dueAt).toBe(
      new Date(NOW + WORKSPACE_CHANGE_VISIBLE_AFTER_MS).toISOString(),
    );
    expect((await ledger.read(others.key))?.dueAt).toBe(new Date(SIX_HOURS_ON).toISOString());
  });

  it('gives all tries again, in a new retry window', async () => {
    const id = await someWorkspace();
    const { key } = await interaction(id, rejected);
    vi.setSystemTime(AFTER_WINDOW);
    await run({ command: 'workspace.update', workspace: id, natApiKey: 'the-new-key-for-nat' });
    expect(await tables().ledger.read(key)).toMatchObject({
      status: 'retrying',
      attempts: 0,
      retryWindowStartsAt: new Date(AFTER_WINDOW + WORKSPACE_CHANGE_VISIBLE_AFTER_MS).toISOString(),
    });
  });

  it('does not change what waits for another reason', async () => {
    const id = await someWorkspace();
    const { key } = await interaction(id, { ...rejected, error: 'status 503' });
    await run({ command: 'workspace.rotate', workspace: id });
    const left = await tables().ledger.read(key);
    expect(left).toMatchObject({ attempts: 1, dueAt: new Date(SIX_HOURS_ON).toISOString() });
  });

  it('does not change what is being tried', async () => {
    const id = await someWorkspace();
    const { key } = await interaction(id, { ...rejected, dueAt: NOW });
    const { ledger } = tables();
    const due = { ...key, dueAt: new Date(NOW).toISOString() };
    const leased = await existing(ledger.lease(due, NOW + 2 * MINUTE_MS));
    await run({ command: 'workspace.rotate', workspace: id });
    expect(await ledger.read(key)).toEqual(leased);
    expect(await ledger.settle(leased, { status: 'delivered' }, NOW)).toBe(true);
    expect(await ledger.read(key)).not.toHaveProperty('leasedUntil');
  });
});
