import { randomUUID } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import type { NatCall } from '../../lib/delivery/nat.ts';
import { createIntake, type EventResult } from '../../lib/intake/accept.ts';
import type { InteractionKey } from '../../lib/ledger/entry.ts';
import { hashOfApiKey } from '../../lib/workspaces/api-key.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { TABLES } from '../../offline/database.ts';
import { secretSource } from '../in-process/secrets.ts';
import { embeddedTables, existing } from './embedded.ts';

const tables = embeddedTables();
const EVENT = {
  type: 'identify',
  timestamp: '2020-05-31T17:55:47.263Z',
  traits: { email: 'peter@example.com' },
};

/** A customer who sends with a key of its own. */
async function customer() {
  const [id, apiKey] = [`w-${randomUUID()}`, `key-${randomUUID()}`];
  await tables().operator.run({ command: 'workspace.add', workspace: id, name: id, apiKey });
  const send = async (): Promise<EventResult> => {
    const intake = createIntake(tables().ledger, secretSource);
    const [result] = await intake.accept([EVENT], await workspace(), Date.now());
    if (result === undefined) throw new Error('no result');
    return result;
  };
  const workspace = async () => {
    const found = await createWorkspaces(tables().db, TABLES.Workspaces).findById(id);
    if (found === undefined) throw new Error('no workspace');
    return found;
  };
  return { id, apiKey, send, workspace };
}

function keyOf(result: EventResult): InteractionKey {
  if (!('key' in result)) throw new Error(`it was ${result.status}`);
  return result.key;
}

it('one customer learns nothing of a contact that another one has, and changes nothing of it', async () => {
  const [one, other] = [await customer(), await customer()];
  const first = await one.send();
  const second = await other.send();
  expect([first.status, second.status]).toEqual(['accepted', 'accepted']);
  expect((await one.send()).status).toBe('duplicate');

  const names = [first, second].map((result) => keyOf(result).contact.split('#')[1]);
  expect(new Set(names).size).toBe(2);
  const email = EVENT.traits.email;
  await tables().operator.run({ command: 'contact.forget', workspace: one.id, email });
  expect(await tables().ledger.read(keyOf(first))).toBeUndefined();
  expect(await existing(tables().ledger.read(keyOf(second)))).toMatchObject({ status: 'pending' });
});

it('a sealed key for Nat that is copied to another customer opens nothing', async () => {
  const [one, other] = [await customer(), await customer()];
  const { ledger, workspaces, db } = tables();
  const key = keyOf(await other.send());
  const stolen = (await one.workspace()).natApiKey;
  await db.send(
    new UpdateItemCommand({
      TableName: TABLES.Workspaces,
      Key: { key: { S: hashOfApiKey(other.apiKey) } },
      UpdateExpression: 'SET natApiKey = :stolen',
      ExpressionAttributeValues: { ':stolen': { S: stolen } },
    }),
  );
  const calls: NatCall[] = [];
  const nat = async (call: NatCall) => {
    calls.push(call);
    return { verdict: 'accepted' } as const;
  };
  const delivery = createDelivery({ ledger, workspaces, secrets: secretSource, nat });
  expect(await delivery.deliverPending(key)).toMatchObject({ error: 'key unreadable' });
  expect(calls).toEqual([]);
});
