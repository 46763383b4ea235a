import { setTimeout as delay } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as LocalRecord,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import {
  createTables,
  type Database,
  type DynamoDBAddress,
  keysSchema,
  type StreamRecord,
  TABLES,
} from './database.ts';

const POLL_MS = 100;

/**
 * Uses a DynamoDB Local that runs already, with its real streams: from their beginning, so that
 * what was pending before is delivered too. What was delivered before, `deliver` leaves alone.
 *
 * @param onRecord told of each record, in the order of its shard
 * @param warn told when the stream cannot be read any more
 */
export async function connectDynamoDBLocal(
  address: DynamoDBAddress,
  onRecord: (record: StreamRecord) => void,
  warn: (message: string) => void,
): Promise<Database> {
  await createTables(address, true);
  const streams = new DynamoDBStreamsClient(address);
  const StreamArn = await streamOfLedger(address);
  const stopping = new AbortController();
  const polling = pollShards().catch((error: Error) => {
    warn(`the stream of DynamoDB Local cannot be read any more: ${error.name}`);
  });
  return {
    address,
    stop: async () => {
      stopping.abort();
      await polling;
      streams.destroy();
    },
  };

  /** Shards close and others take their place: every round looks for new ones. */
  async function pollShards(): Promise<void> {
    const positions = new Map<string, Position>();
    while (!stopping.signal.aborted) {
      const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
      for (const { ShardId } of StreamDescription?.Shards ?? []) {
        if (ShardId === undefined) continue;
        const position = positions.get(ShardId) ?? (await beginAt(ShardId, undefined));
        positions.set(ShardId, await readOn(ShardId, position));
      }
      await delay(POLL_MS);
    }
  }

  async function beginAt(ShardId: string, last: string | undefined): Promise<Position> {
    const from =
      last === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' as const }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: last };
    const command = new GetShardIteratorCommand({ StreamArn, ShardId, ...from });
    return { iterator: (await streams.send(command)).ShardIterator, last };
  }

  async function readOn(ShardId: string, { iterator, last }: Position): Promise<Position> {
    if (iterator === undefined) return { iterator, last };
    try {
      const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
      for (const record of page.Records ?? []) {
        const played = recordOf(record);
        if (played !== undefined) onRecord(played);
      }
      const newest = page.Records?.at(-1)?.dynamodb?.SequenceNumber ?? last;
      return { iterator: page.NextShardIterator, last: newest };
    } catch (error) {
      // DynamoDB Local says so of an iterator at the end of a shard that has grown meanwhile.
      if (error instanceof TrimmedDataAccessException) return beginAt(ShardId, last);
      throw error;
    }
  }
}

/** Where a shard is read next; no iterator at the end of one that is closed. */
interface Position {
  iterator: string | undefined;
  /** The sequence number of the last record that was read. */
  last: string | undefined;
}

async function streamOfLedger(address: DynamoDBAddress): Promise<string | undefined> {
  const db = new DynamoDBClient(address);
  const { Table } = await db.send(new DescribeTableCommand({ TableName: TABLES.Interactions }));
  db.destroy();
  return Table?.LatestStreamArn;
}

/** @returns undefined for the deletion of an item: it has no new image */
function recordOf({ eventID, eventName, dynamodb }: LocalRecord): StreamRecord | undefined {
  if (dynamodb?.NewImage === undefined) return undefined;
  return {
    eventID: eventID ?? '',
    eventName: eventName ?? '',
    eventSource: 'aws:dynamodb',
    dynamodb: {
      Keys: keysSchema.parse(dynamodb.Keys),
      NewImage: dynamodb.NewImage,
      SequenceNumber: dynamodb.SequenceNumber ?? '',
      StreamViewType: 'NEW_IMAGE',
    },
  };
}
