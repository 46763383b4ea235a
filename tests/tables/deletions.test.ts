import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIntake, type IntakeLedger } from '../../lib/intake/accept.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import type { Workspace } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { secretSource } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const RETENTION_DAYS = 7;
const tables = embeddedTables(RETENTION_DAYS);
const NOW = Date.parse('2026-11-24T08:00:00Z');
const MUCH_LATER = 10 * MINUTE_MS;
let now = NOW;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  wait(MINUTE_MS);
});
afterEach(async () => {
  // All tests share the table, and what is due belongs to nobody.
  wait(MUCH_LATER);
  await completeDue();
  vi.useRealTimers();
});

function wait(ms: number): void {
  now += ms;
  vi.setSystemTime(now);
}

async function someWorkspace(deletions: 'on' | 'off' = 'on'): Promise<Workspace> {
  const id = `w-${randomUUID()}`;
  await tables().operator.run({ command: 'workspace.add', workspace: id, name: id, deletions });
  const workspace = await tables().workspaces.findById(id);
  if (workspace === undefined) throw new Error('not added');
  return workspace;
}

const at = (day: number) => `2026-11-${day}T07:00:00Z`;
const identify = (userId: unknown, email: string, day = 23) => ({
  type: 'identify',
  userId,
  email,
  timestamp: at(day),
});
const deletionOf = (userId: unknown) => ({ type: 'delete', userId });

/** Sends events as one request to a container that knows nothing yet. */
async function send(
  workspace: Workspace,
  events: object[],
  ledger: IntakeLedger = tables().ledger,
) {
  wait(1);
  const results = await createIntake(ledger, secretSource, RETENTION_DAYS).accept(
    events,
    workspace,
    now,
  );
  return results.map(({ status }) => status);
}

/** Completes what is due, as `redeliver` does. */
async function completeDue(hasTime = () => true): Promise<string[]> {
  const completed: string[] = [];
  const failed = await tables().ledger.deletions.completeDue(
    hasTime,
    (user) => void completed.push(user),
    (error) => {
      throw error;
    },
  );
  expect(failed).toBe(0);
  return completed;
}

/** Every item of a workspace, whatever it is. */
async function itemsOf({ id }: Workspace) {
  const { Items = [] } = await tables().db.send(
    new ScanCommand({ TableName: TABLES.Interactions, ConsistentRead: true }),
  );
  return Items.filter(({ contact }) => contact?.S?.startsWith(`${id}#`));
}

/** The interactions of a workspace, by their day. */
async function daysOf(workspace: Workspace) {
  const items = await itemsOf(workspace);
  return items.flatMap(({ status, day }) => (status === undefined ? [] : day?.S)).sort();
}

describe('a deletion', () => {
  it('forgets everything of all addresses of the user, whatever its status, and nothing else', async () => {
    const { ledger } = tables();
    const workspace = await someWorkspace();
    await send(workspace, [identify('u', 'a@example.com', 20), identify('u', 'b@example.com', 21)]);
    await send(workspace, [
      identify(undefined, 'a@example.com', 22),
      identify('v', 'c@example.com'),
    ]);
    const [first] = await itemsOf(workspace);
    const key = { contact: first?.contact?.S ?? '', day: first?.day?.S ?? '' };
    if (first?.status !== undefined) {
      const dead = { status: 'dead', error: 'status 400' } as const;
      await ledger.settle(await existing(ledger.read(key)), dead, now);
    }
    expect(await send(workspace, [deletionOf('u')])).toEqual(['deleting']);
    expect(await daysOf(workspace)).toEqual(['2026-11-23']);
  });

  it('leaves nothing of the user once it is completed, and is completed once', async () => {
    const workspace = await someWorkspace();
    await send(workspace, [identify(17, 'a@example.com'), identify('17', 'b@example.com')]);
    await send(workspace, [deletionOf('17')]);
    expect(await completeDue()).toEqual([]);
    wait(MUCH_LATER);
    expect(await completeDue()).toHaveLength(1);
    expect(await itemsOf(workspace)).toEqual([]);
    expect(await completeDue()).toEqual([]);
  });

  it('keeps what is accepted after it, also before it is completed, and knows its user', async () => {
    const workspace = await someWorkspace();
    await send(workspace, [identify('u', 'a@example.com', 20)]);
    await send(workspace, [deletionOf('u')]);
    expect(await send(workspace, [identify('u', 'a@example.com', 20)])).toEqual(['accepted']);
    wait(MUCH_LATER);
    expect(await completeDue()).toHaveLength(1);
    expect(await daysOf(workspace)).toEqual(['2026-11-20']);
    await send(workspace, [deletionOf('u')]);
    wait(MUCH_LATER);
    await completeDue();
    expect(await itemsOf(workspace)).toEqual([]);
  });

  it('keeps the order of a batch', async () => {
    const workspace = await someWorkspace();
    const batch = [
      identify('u', 'a@example.com', 20),
      deletionOf('u'),
      identify('u', 'a@example.com', 21),
    ];
    expect(await send(workspace, batch)).toEqual(['accepted', 'deleting', 'accepted']);
    wait(MUCH_LATER);
    await completeDue();
    expect(await daysOf(workspace)).toEqual(['2026-11-21']);
  });

  it.each(['remember', 'accept'] as const)(
    'forgets an event that was being accepted meanwhile, held up before it could %s',
    async (step) => {
      const { ledger } = tables();
      const workspace = await someWorkspace();
      const held = Promise.withResolvers<void>();
      const arrived = Promise.withResolvers<void>();
      const slow: IntakeLedger = {
        ...ledger,
        [step]: async (...args: unknown[]) => {
          arrived.resolve();
          await held.promise;
          return Reflect.apply(ledger[step], ledger, args);
        },
      };
      const racing = send(workspace, [identify('u', 'a@example.com', 20)], slow);
      await arrived.promise;
      await send(workspace, [deletionOf('u')]);
      await send(workspace, [identify('u', 'a@example.com', 21)]);
      held.resolve();
      expect(await racing).toEqual(['accepted']);
      wait(MUCH_LATER);
      expect(await completeDue()).toHaveLength(1);
      expect(await daysOf(workspace)).toEqual(['2026-11-21']);
      await send(workspace, [deletionOf('u')]);
      expect(await daysOf(workspace), 'the later event is remembered').toEqual([]);
    },
  );

  it('goes on in the next run if a user has more than one run can delete', async () => {
    const workspace = await someWorkspace();
    const emails = Array.from({ length: 60 }, (_, n) => `someone-${n}@example.com`);
    await send(
      workspace,
      emails.map((email) => identify('shared', email)),
    );
    await send(workspace, [identify('v', 'z@example.com')]);
    await tables().ledger.deletions.order(await userOf(workspace, 'shared'), now);
    wait(MUCH_LATER);
    // Enough for the first page of addresses.
    const hasTime = vi.fn(() => false).mockReturnValueOnce(true);
    expect(await completeDue(hasTime)).toEqual([]);
    const left = (await daysOf(workspace)).length;
    expect(left).toBeLessThan(61);
    expect(left).toBeGreaterThan(1);
    expect(await completeDue()).toHaveLength(1);
    expect(await daysOf(workspace)).toHaveLength(1);
  });

  it('stays if the user is deleted again while it is being completed', async () => {
    const { deletions } = tables().ledger;
    const workspace = await someWorkspace();
    const emails = Array.from({ length: 30 }, (_, n) => `again-${n}@example.com`);
    await send(
      workspace,
      emails.map((email) => identify('again', email)),
    );
    const user = await userOf(workspace, 'again');
    await deletions.order(user, now);
    wait(MUCH_LATER);
    let again: Promise<void> | undefined;
    // Asked for the second time when the first page of addresses is done.
    const orderAgain = () => {
      again ??= deletions.order(user, now);
      return true;
    };
    expect(await completeDue(vi.fn(orderAgain).mockReturnValueOnce(true))).toEqual([]);
    await again;
    wait(MUCH_LATER);
    expect(await completeDue()).toEqual([user]);
    expect(await itemsOf(workspace)).toEqual([]);
  });

  it('is ordered within the time of the request, however much the user has', async () => {
    const { ledger } = tables();
    const workspace = await someWorkspace();
    await send(workspace, [identify('u', 'a@example.com', 20), identify('u', 'b@example.com', 21)]);
    const slow: IntakeLedger = {
      ...ledger,
      deletions: {
        ...ledger.deletions,
        deleteNow: (user, until, hasTime) => {
          wait(2 * SECOND_MS);
          return ledger.deletions.deleteNow(user, until, hasTime);
        },
      },
    };
    expect(await send(workspace, [deletionOf('u')], slow)).toEqual(['deleting']);
    expect(await daysOf(workspace)).toHaveLength(1);
    wait(MUCH_LATER);
    await completeDue();
    expect(await itemsOf(workspace)).toEqual([]);
  });

  it('writes nothing in a dry run, which says what there is to delete', async () => {
    const { ledger, operations } = tables();
    const workspace = await someWorkspace();
    await send(workspace, [identify('u', 'a@example.com', 20), identify('u', 'b@example.com', 21)]);
    await send(workspace, [identify('u', 'a@example.com', 22)]);
    operations.length = 0;
    const intake = createIntake(ledger, secretSource);
    const results = await intake.accept([deletionOf('u')], workspace, now, { isDryRun: true });
    expect(results).toMatchObject([
      { status: 'deleting', found: { addresses: 2, interactions: 3 } },
    ]);
    expect(new Set(operations)).toEqual(new Set(['Query']));
  });

  it('does not reach another workspace', async () => {
    const [one, other] = [await someWorkspace(), await someWorkspace()];
    for (const workspace of [one, other]) await send(workspace, [identify('u', 'a@example.com')]);
    await send(one, [deletionOf('u')]);
    expect(await daysOf(one)).toEqual([]);
    expect(await daysOf(other)).toHaveLength(1);
  });
});

describe('what is remembered of a user', () => {
  it('has neither the userId nor an address, and expires after the interactions', async () => {
    const workspace = await someWorkspace();
    await send(workspace, [identify('user-17', 'a@example.com')]);
    const user = (await itemsOf(workspace)).find(({ status }) => status === undefined);
    expect(Object.keys(user ?? {}).sort()).toEqual([
      'contact',
      'day',
      'expiresAt',
      'firstAt',
      'lastAt',
    ]);
    expect(JSON.stringify(user)).not.toMatch(/user-17|example/);
    const keptMs = Number(user?.expiresAt?.N) * SECOND_MS - now;
    expect(keptMs).toBeGreaterThanOrEqual((RETENTION_DAYS + 90) * DAY_MS);
  });

  it('is one more write for a new interaction that names a user, and nothing for a duplicate', async () => {
    const { operations } = tables();
    const workspace = await someWorkspace();
    operations.length = 0;
    await send(workspace, [identify('u', 'a@example.com')]);
    expect(operations).toEqual(['GetItem', 'UpdateItem', 'PutItem']);
    operations.length = 0;
    await send(workspace, [identify('u', 'a@example.com')]);
    expect(operations).toEqual(['GetItem']);
    operations.length = 0;
    await send(workspace, [identify(undefined, 'b@example.com')]);
    expect(operations).toEqual(['GetItem', 'PutItem']);
  });

  it('is nothing where deletions are off, and then no userId is rejected', async () => {
    const { operations } = tables();
    const workspace = await someWorkspace('off');
    operations.length = 0;
    expect(await send(workspace, [identify([], 'a@example.com'), deletionOf('u')])).toEqual([
      'accepted',
      'ignored',
    ]);
    expect(operations).toEqual(['GetItem', 'PutItem']);
  });

  it('is listed as no interaction, and goes with its workspace', async () => {
    const { operator } = tables();
    const workspace = await someWorkspace();
    await send(workspace, [identify('u', 'a@example.com'), identify('v', 'b@example.com')]);
    await send(workspace, [deletionOf('v')]);
    const { id } = workspace;
    expect(await operator.run({ command: 'interactions.list', workspace: id })).toMatchObject({
      interactions: [{ status: 'pending' }],
    });
    const removal = { command: 'workspace.remove', workspace: id, dryRun: true };
    expect(await operator.run(removal)).toMatchObject({ pending: 1, dead: 0 });
    const started = await operator.run({ command: 'workspace.remove', workspace: id });
    wait(MUCH_LATER);
    const next = Reflect.get(Object(started), 'next');
    expect(await operator.run({ command: 'workspace.remove', from: next })).toMatchObject({
      pending: 1,
      dead: 0,
      done: true,
    });
    expect(await itemsOf(workspace)).toEqual([]);
    await completeDue();
    expect(await itemsOf(workspace)).toEqual([]);
  });
});

it('the setting is shown, changed, and part of what workspace.add compares', async () => {
  const { operator } = tables();
  const id = `w-${randomUUID()}`;
  const add = { command: 'workspace.add', workspace: id, name: id, apiKey: `key-of-${id}` };
  await operator.run({ ...add, deletions: 'on' });
  const show = { command: 'workspace.show', workspace: id };
  expect(await operator.run(show)).toMatchObject({ deletions: 'on' });
  await expect(operator.run(add)).rejects.toThrow('there is one with this id');
  await operator.run({ command: 'workspace.update', workspace: id, deletions: 'off' });
  expect(await operator.run(show)).toMatchObject({ deletions: 'off' });
  expect(await tables().workspaces.findById(id)).toMatchObject({ deletions: 'off' });
});

async function userOf(workspace: Workspace, userId: string): Promise<string> {
  const contacts = await secretSource.contacts();
  return `${workspace.id}#user:${contacts.userKey(workspace, userId)}`;
}
