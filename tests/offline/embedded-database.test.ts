import { request } from 'node:http';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { TABLES } from '../../offline/database.ts';
import { startEmbeddedDatabase } from '../../offline/embedded-database.ts';

const TableName = TABLES.Interactions;
const Key = { contact: { S: 'local#key-of-peter' }, day: { S: '2020-05-31' } };

it('makes a record of a write that took effect, also if its caller had left', async () => {
  const recorded: string[] = [];
  const database = await startEmbeddedDatabase(({ dynamodb }) => {
    recorded.push(dynamodb.Keys.contact.S);
  });
  const leaving = new DynamoDBClient({
    ...database.address,
    maxAttempts: 1,
    requestHandler: { handle: sendAndLeave },
  });
  const staying = new DynamoDBClient(database.address);

  await expect(leaving.send(new PutItemCommand({ TableName, Item: Key }))).rejects.toThrow('left');

  const read = new GetItemCommand({ TableName, Key, ConsistentRead: true });
  await expect.poll(async () => (await staying.send(read)).Item).toEqual(Key);
  await expect.poll(() => recorded).toEqual([Key.contact.S]);
  staying.destroy();
  await database.stop();
});

/** Sends a whole request and breaks the connection at once. */
async function sendAndLeave({ method, hostname, port, path, headers, body }: SignedRequest) {
  await new Promise<void>((resolve) => {
    const sent = request({ method, hostname, port, path, headers });
    sent
      .on('error', () => {})
      .end(body, () => {
        sent.destroy();
        resolve();
      });
  });
  return Promise.reject(new Error('the caller left'));
}

/** What the SDK hands to its request handler. */
interface SignedRequest {
  method: string;
  hostname: string;
  port?: number;
  path: string;
  headers: Record<string, string>;
  body?: string;
}
