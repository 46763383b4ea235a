import { setTimeout as delay } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBStreamsClient,
  type _Record as LocalRecord,
} from '@aws-sdk/client-dynamodb-streams';
import {
  createStreamRecord,
  createTables,
  type Database,
  type DynamoDBAddress,
  type StreamRecord,
  TABLES,
} from './database.ts';
import { createShardReader } from './shards.ts';

const POLL_MS = 100;

/**
 * Connects to a DynamoDB Local that already runs and reads its stream from now on. Interactions
 * that are pending from an earlier run come first.
 *
 * @param onRecord called for each record, in the order of its shard
 * @param warn called with a message when the stream cannot be read
 * @throws {Error} if DynamoDB Local does not answer, or the ledger has no stream
 */
export async function connectDynamoDBLocal(
  address: DynamoDBAddress,
  onRecord: (record: StreamRecord) => void,
  warn: (message: string) => void,
): Promise<Database> {
  await createTables(address, true);
  const streams = new DynamoDBStreamsClient(address);
  const streamArn = await findLedgerStream(address);
  const shards = await createShardReader(streams, streamArn, (record, shardId) => {
    const streamRecord = toStreamRecord(record);
    if (streamRecord === undefined) return;
    const writtenAt = (record.dynamodb?.ApproximateCreationDateTime ?? new Date()).toISOString();
    onRecord({ ...streamRecord, position: { streamArn, shardId, writtenAt } });
  });
  // The stream's position is known by now, so no write is missed.
  await replayPending(address, onRecord);
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
        if (!failing) warn(`Cannot read the stream of DynamoDB Local: ${error}`);
        failing = true;
      }
      await delay(POLL_MS);
    }
  }
}

async function findLedgerStream(address: DynamoDBAddress): Promise<string> {
  const db = new DynamoDBClient(address);
  const { Table } = await db.send(new DescribeTableCommand({ TableName: TABLES.Interactions }));
  db.destroy();
  if (Table?.LatestStreamArn !== undefined) return Table.LatestStreamArn;
  throw new Error(
    `the table ${TABLES.Interactions} has no stream. Delete it: npm start creates it again`,
  );
}

/** Replays interactions that an earlier run left: a stream forgets them after 24 hours. */
async function replayPending(
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
      onRecord(createStreamRecord(`pending-${number}`, 'INSERT', item, item));
    }
  }
  client.destroy();
}

/** @returns undefined if it is no record of an item */
function toStreamRecord({ eventName, dynamodb }: LocalRecord): StreamRecord | undefined {
  if (dynamodb?.Keys === undefined) return undefined;
  const { SequenceNumber = '', Keys, NewImage } = dynamodb;
  return createStreamRecord(SequenceNumber, eventName ?? '', Keys, NewImage);
}
