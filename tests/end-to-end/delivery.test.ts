import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterEach, expect, inject, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { TABLES } from '../../offline/database.ts';
import { ledgerItems, operate, recommended, send, someone, timelineOf } from './client.ts';

const workspacesSchema = z.array(z.looseObject({ id: z.string() }));

async function setFaults(faults: object): Promise<void> {
  const response = await fetch(`${inject('natUrl')}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  });
  expect(response.ok).toBe(true);
}

afterEach(async () => {
  await fetch(`${inject('natUrl')}/faults`, { method: 'DELETE' });
});

/** Sends an event as a workspace of its own, and waits until its interaction is not pending. */
async function sendAlone(email: string) {
  const apiKey = `key-${someone()}`;
  const id = `delivery-${apiKey.slice(4, 12)}`;
  await operate({ command: 'workspace.add', id, name: 'Delivery', apiKey });
  const headers = { authorization: `Bearer ${apiKey}` };
  expect((await send(recommended(email), { headers })).status).toBe(202);
  const item = await vi.waitFor(async () => {
    const mine = (await ledgerItems()).find(({ contact }) => contact.startsWith(`${id}#`));
    expect(mine?.status).not.toBe('pending');
    return mine;
  });
  return { item, id, apiKey, headers };
}

/** The partition of the sparse index that an interaction is in. */
async function queued(queue: string) {
  const client = new DynamoDBClient(inject('dynamodb'));
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: TABLES.Interactions,
      IndexName: 'due',
      KeyConditionExpression: 'queue = :queue',
      ExpressionAttributeValues: { ':queue': { S: queue } },
    }),
  );
  client.destroy();
  return Items.map((item) => unmarshall(item));
}

it('puts off what Nat cannot take for now, with a due time in the sparse index', async () => {
  await setFaults({ status: 503, retryAfter: 3600 });
  const email = someone();
  const before = Date.now();
  const { item } = await sendAlone(email);
  expect(item).toMatchObject({
    status: 'retrying',
    attempts: 1,
    lastError: 'status 503',
    queue: expect.stringMatching(/^retry#[0-3]$/),
    event: { email, timestamp: '2020-05-31T17:55:47.263Z', description: 'https://example.com' },
  });
  expect(Date.parse(item?.dueAt)).toBeGreaterThanOrEqual(before + 3_600_000);
  expect(Date.parse(item?.dueAt)).toBeLessThan(Date.now() + 3_660_000);
  expect(await queued(item?.queue)).toContainEqual(
    expect.objectContaining({ contact: item?.contact, dueAt: item?.dueAt }),
  );
  expect(await timelineOf(email)).toEqual([]);
});

it('marks as dead what Nat never will take, and keeps it for the operator', async () => {
  await setFaults({ status: 400 });
  const email = someone();
  const { item } = await sendAlone(email);
  expect(item).toMatchObject({
    status: 'dead',
    attempts: 1,
    lastError: 'status 400',
    queue: 'dead',
    event: { email },
  });
  expect(await queued('dead')).toContainEqual(expect.objectContaining({ contact: item?.contact }));
  expect(await timelineOf(email)).toEqual([]);
});

it("puts off, and marks the workspace, when Nat rejects the workspace's key", async () => {
  await setFaults({ status: 401 });
  const { item, id } = await sendAlone(someone());
  expect(item).toMatchObject({ status: 'retrying', lastError: 'status 401' });
  await vi.waitFor(async () => {
    const listed = workspacesSchema.parse(await operate({ command: 'workspace.list' }));
    expect(listed.find((workspace) => workspace.id === id)).toHaveProperty('natKeyRejectedAt');
  });
});

it('puts off what Nat took without an answer', async () => {
  await setFaults({ dropAfterAccept: true });
  const email = someone();
  const { item, apiKey } = await sendAlone(email);
  expect(item).toMatchObject({ status: 'retrying', lastError: expect.stringMatching(/^network/) });
  expect(await timelineOf(email, { apiKey })).toHaveLength(1);
});
