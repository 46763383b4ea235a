import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { afterEach, expect, inject, it } from 'vitest';
import { TABLES } from '../../offline/database.ts';
import { ledgerItems, operate, recommended, send, someone, timelineOf } from './client.ts';

const workspacesSchema = v.array(v.looseObject({ workspace: v.string() }));

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

/** Sends an event from a new workspace, and waits for the outcome of its first delivery. */
async function sendAlone(email: string) {
  const apiKey = `key-${someone()}`;
  const id = `delivery-${apiKey.slice(4, 12)}`;
  await operate({ command: 'workspace.add', workspace: id, name: 'Delivery', apiKey });
  const headers = { authorization: `Bearer ${apiKey}` };
  expect((await send(recommended(email), { headers })).status).toBe(200);
  const findItem = async () =>
    (await ledgerItems()).find(({ contact }) => contact.startsWith(`${id}#`));
  await expect.poll(async () => (await findItem())?.status).toMatch(/^(retrying|dead)$/);
  return { item: await findItem(), id, apiKey };
}

/** The items of one queue in the index `due`. */
async function itemsOfQueue(queue: string) {
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

it('retries later, with a due time in the index, while Nat is unavailable', async () => {
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
  expect(await itemsOfQueue(item?.queue)).toContainEqual(
    expect.objectContaining({ contact: item?.contact, dueAt: item?.dueAt }),
  );
  expect(await timelineOf(email)).toEqual([]);
});

it('marks as dead what Nat refuses for good, and keeps it for the operator', async () => {
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
  expect(await itemsOfQueue('dead')).toContainEqual(
    expect.objectContaining({ contact: item?.contact }),
  );
  expect(await timelineOf(email)).toEqual([]);
});

it("retries later when Nat rejects the workspace's key, and marks the workspace", async () => {
  await setFaults({ status: 401 });
  const { item, id } = await sendAlone(someone());
  expect(item).toMatchObject({ status: 'retrying', lastError: 'status 401' });
  const listed = async () =>
    v.parse(workspacesSchema, await operate({ command: 'workspace.list' }));
  await expect
    .poll(async () => (await listed()).find(({ workspace }) => workspace === id))
    .toHaveProperty('natKeyRejectedAt');
});

it('retries later when Nat accepted the interaction but its answer was lost', async () => {
  await setFaults({ dropAfterAccept: true });
  const email = someone();
  const { item, apiKey } = await sendAlone(email);
  expect(item).toMatchObject({ status: 'retrying', lastError: expect.stringMatching(/^network/) });
  expect(await timelineOf(email, { apiKey })).toHaveLength(1);
});
