import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { TABLES } from '../../offline/database.ts';
import { startEmbeddedDatabase } from '../../offline/embedded-database.ts';

const TableName = TABLES.Interactions;

it('makes a record of every write that took effect, also if its caller had left', async () => {
  const recorded = new Set<string>();
  const database = await startEmbeddedDatabase(({ dynamodb }) => {
    recorded.add(dynamodb.Keys.contact.S);
  });
  const client = new DynamoDBClient({ ...database.address, maxAttempts: 1 });
  const put = async (n: number) => {
    const leaving = new AbortController();
    const Item = { contact: { S: `local#${n}` }, day: { S: '2020-05-31' } };
    const sent = client
      .send(new PutItemCommand({ TableName, Item }), { abortSignal: leaving.signal })
      .catch(() => {});
    await delay(n * 2);
    leaving.abort();
    await sent;
  };
  await Promise.all(Array.from({ length: 150 }, (_, n) => put(n)));
  // The last one is answered, so everything before it has had its turn.
  await client.send(
    new PutItemCommand({ TableName, Item: { contact: { S: 'last' }, day: { S: '2020-05-31' } } }),
  );
  await expect.poll(() => recorded.has('last')).toBe(true);

  const written: string[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
    written.push(...Items.map(({ contact }) => contact?.S ?? ''));
  }
  expect(written.length).toBeGreaterThan(1);
  await expect.poll(() => [...recorded].sort()).toEqual(written.sort());
  client.destroy();
  await database.stop();
});
