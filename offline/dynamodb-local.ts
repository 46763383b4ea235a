import { setTimeout as delay } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBStreamsClient,
  type _Record as LocalRecord,
} from '@aws-sdk/client-dynamodb-streams';
import {
  createTables,
  type Database,
  type DynamoDBAddress,
  type StreamRecord,
  streamRecord,
  TABLES,
} from './database.ts';
import { createShardReader } from './shards.ts';

const POLL_MS = 100;

/**
 * Uses a DynamoDB Local that runs already, with its real streams from now on, and what is pending
 * from before.
 *
 * @param onRecord told of each record, in the order of its shard
 * @param warn told when the stream cannot be read
 * @throws {Error} if nothing answers, or the ledger has no stream
 */
export async function connectDynamoDBLocal(
  address: DynamoDBAddress,
  onRecord: (record: StreamRecord) => void,
  warn: (message: string) => void,
): Promise<Database> {
  await createTables(address, true);
  const streams = new DynamoDBStreamsClient(address);
  const streamArn = await streamOfLedger(address);
  const shards = await createShardReader(streams, streamArn, (record, shardId) => {
    const played = recordOf(record);
    if (played === undefined) return;
    const writtenAt = (record.dynamodb?.ApproximateCreationDateTime ?? new Date()).toISOString();
    onRecord({ ...played, position: { streamArn, shardId, writtenAt } });
  });
  // After the stream's position is taken, so that nothing falls between.
  await findPending(address, onRecord);
  const stopping = new AbortController();
  const polling = poll();
  return {
    address,
    stop: async () => {
      stopping.abort();
      await polling;
      streams.destroy();
    },
  };

  async function poll(): Promise<void> {
    let failing = false;
    while (!stopping.signal.aborted) {
      try {
        await shards.readRound();
        failing = false;
      } catch (error) {
        if (!failing) warn(`the stream of DynamoDB Local cannot be read: ${error}`);
        failing = true;
      }
      await delay(POLL_MS);
    }
  }
}

async function streamOfLedger(address: DynamoDBAddress): Promise<string> {
  const db = new DynamoDBClient(address);
  const { Table } = await db.send(new DescribeTableCommand({ TableName: TABLES.Interactions }));
  db.destroy();
  if (Table?.LatestStreamArn !== undefined) return Table.LatestStreamArn;
  throw new Error(`the table ${TABLES.Interactions} has no stream: delete it, npm start makes it`);
}

/** What an earlier run left, as if written now: a stream forgets after 24 hours, a ledger does not. */
async function findPending(
  address: DynamoDBAddress,
  onRecord: (record: StreamRecord) => void,
): Promise<void> {
  const client = new DynamoDBClient(address);
  const pages = paginateScan(
    { client },
    {
      TableName: TABLES.Interactions,
      ConsistentRead: true,
      FilterExpression: '#status = :pending',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':pending': { S: 'pending' } },
    },
  );
  let number = 0;
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      number += 1;
      onRecord(streamRecord(`pending-${number}`, 'INSERT', item, item));
    }
  }
  client.destroy();
}

/** @returns undefined for the deletion of an item: it has no new image */
function recordOf({ eventName, dynamodb }: LocalRecord): StreamRecord | undefined {
  if (dynamodb?.NewImage === undefined) return undefined;
  return streamRecord(
    dynamodb.SequenceNumber ?? '',
    eventName ?? '',
    dynamodb.Keys,
    dynamodb.NewImage,
  );
}
