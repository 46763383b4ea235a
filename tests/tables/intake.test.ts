import { randomUUID } from 'node:crypto';
import type {
  BatchExecuteStatementCommandInput,
  BatchExecuteStatementCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createIntake } from '../../lib/intake/accept.ts';
import type { Workspace } from '../../lib/workspaces/workspaces.ts';
import { secretSource } from '../in-process/secrets.ts';
import { embeddedTables } from './embedded.ts';

const tables = embeddedTables();
const NOW = Date.parse('2026-11-24T08:00:00Z');

async function someWorkspace(): Promise<Workspace> {
  const id = `w-${randomUUID()}`;
  await tables().operator.run({
    command: 'workspace.add',
    workspace: id,
    name: id,
  });
  const workspace = await tables().workspaces.findById(id);
  if (workspace === undefined) throw new Error('not added');
  return workspace;
}

function event(email: string, changes: object = {}): object {
  return { type: 'identify', timestamp: '2020-05-31T17:55:47Z', email, ...changes };
}

it('accepts nothing where another secret names the contacts: all would be accepted again', async () => {
  const { ledger, operations } = tables();
  const workspace = { ...(await someWorkspace()), contactsNamedBy: 'another secret' };
  operations.length = 0;
  await expect(
    createIntake(ledger, secretSource).accept([event('a@example.com')], workspace, NOW),
  ).rejects.toThrow(/its contacts were named with another secret/);
  expect(operations).toEqual([]);
});

describe('what an event costs', () => {
  it('is one read and one write for a new interaction', async () => {
    const { ledger, operations } = tables();
    const workspace = await someWorkspace();
    operations.length = 0;
    await createIntake(ledger, secretSource).accept([event('a@example.com')], workspace, NOW);
    expect(operations).toEqual(['GetItem', 'PutItem']);
  });

  it('is one read for a duplicate, and nothing if this container has seen it', async () => {
    const { ledger, operations } = tables();
    const workspace = await someWorkspace();
    await createIntake(ledger, secretSource).accept([event('a@example.com')], workspace, NOW);
    const intake = createIntake(ledger, secretSource);
    operations.length = 0;
    await intake.accept([event('a@example.com')], workspace, NOW);
    expect(operations).toEqual(['GetItem']);
    await intake.accept([event('a@example.com')], workspace, NOW);
    expect(operations).toEqual(['GetItem']);
  });

  it('is nothing for a repeat inside a batch, an ignored or a rejected event', async () => {
    const { ledger, operations } = tables();
    const workspace = await someWorkspace();
    const batch = [
      event('a@example.com'),
      event('A@Example.com', { timestamp: '2020-05-31T23:00:00Z' }),
      { type: 'track' },
      event('nobody'),
    ];
    operations.length = 0;
    const results = await createIntake(ledger, secretSource).accept(batch, workspace, NOW);
    expect(operations).toEqual(['GetItem', 'PutItem']);
    expect(results.map(({ status }) => status)).toEqual([
      'accepted',
      'duplicate',
      'ignored',
      'rejected',
    ]);
  });
});

describe('the new interactions of a batch', () => {
  const batchOf = (size: number) =>
    Array.from({ length: size }, (_, n) => event(`contact-${n}@example.com`));

  it('are written 25 with a call', async () => {
    const { ledger, operations } = tables();
    const workspace = await someWorkspace();
    operations.length = 0;
    const results = await createIntake(ledger, secretSource).accept(batchOf(60), workspace, NOW);
    const calls = Array.from({ length: 3 }, () => 'BatchExecuteStatement');
    expect(operations).toEqual(['BatchGetItem', ...calls]);
    expect(results.filter(({ status }) => status === 'accepted')).toHaveLength(60);
  });

  it('are accepted once, however many containers write them at the same time', async () => {
    const { ledger } = tables();
    const workspace = await someWorkspace();
    const containers = Array.from({ length: 5 }, () => createIntake(ledger, secretSource));
    const answers = await Promise.all(
      containers.map((intake) => intake.accept(batchOf(60), workspace, NOW)),
    );
    const accepted = answers.flat().filter(({ status }) => status === 'accepted');
    expect(accepted).toHaveLength(60);
  });

  it('take the day of a dead one', async () => {
    const { ledger } = tables();
    const workspace = await someWorkspace();
    const [result] = await createIntake(ledger, secretSource).accept(batchOf(1), workspace, NOW);
    if (result === undefined || !('key' in result)) throw new Error('not accepted');
    await ledger.bury(result.key, 'status 400', NOW);
    const results = await createIntake(ledger, secretSource).accept(batchOf(2), workspace, NOW);
    expect(results.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
  });

  it('are written one by one where DynamoDB refused some of them', async () => {
    const { db, ledger, operations } = tables();
    const workspace = await someWorkspace();
    db.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== 'BatchExecuteStatementCommand') return next(args);
          const { Statements = [] } = args.input as BatchExecuteStatementCommandInput;
          const input = { ...args.input, Statements: Statements.slice(2) };
          const { output, ...response } = await next({ ...args, input });
          const { Responses = [] } = output as BatchExecuteStatementCommandOutput;
          const throttled = { Error: { Code: 'ThrottlingError' } };
          const refused = [throttled, throttled];
          return { ...response, output: { ...output, Responses: [...refused, ...Responses] } };
        },
      { name: 'refuse two', step: 'initialize' },
    );
    operations.length = 0;
    const results = await createIntake(ledger, secretSource).accept(batchOf(10), workspace, NOW);
    db.middlewareStack.remove('refuse two');
    expect(results.map(({ status }) => status)).toEqual(batchOf(10).map(() => 'accepted'));
    expect(operations).toEqual(['BatchGetItem', 'BatchExecuteStatement', 'PutItem', 'PutItem']);
    const keys = results.flatMap((result) => ('key' in result ? [result.key] : []));
    expect((await ledger.findTaken(keys)).size).toBe(10);
  });
});

it('keeps the interactions of two workspaces with the same contact apart', async () => {
  const intake = createIntake(tables().ledger, secretSource);
  for (const workspace of [await someWorkspace(), await someWorkspace()]) {
    const [result] = await intake.accept([event('a@example.com')], workspace, NOW);
    expect(result?.status).toBe('accepted');
  }
});
