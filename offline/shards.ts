import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as LocalRecord,
  type Shard,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';

/** Where a shard is read next; no iterator at the end of one that is closed. */
interface Position {
  iterator: string | undefined;
  /** The sequence number of the last record that was read. */
  last: string | undefined;
}

/**
 * Reads a DynamoDB stream from now on, through every shard that follows: DynamoDB Local closes one
 * after four hours and opens the next.
 *
 * @param onRecord told of each record; those of a shard in order, and after those of its parent
 */
export async function createShardReader(
  streams: DynamoDBStreamsClient,
  StreamArn: string,
  onRecord: (record: LocalRecord, shardId: string) => void,
) {
  const positions = new Map<string, Position>();
  for (const { ShardId } of await shards()) {
    if (ShardId !== undefined) positions.set(ShardId, await startOf(ShardId, 'LATEST'));
  }

  return {
    /** Reads a page of every shard that is open, and looks for new ones. */
    async readRound(): Promise<void> {
      const listed = await shards();
      const ids = new Set(listed.map(({ ShardId }) => ShardId));
      for (const { ShardId, ParentShardId } of listed) {
        if (ShardId === undefined) continue;
        if (ParentShardId !== undefined && ids.has(ParentShardId) && !atEnd(ParentShardId))
          continue;
        const position = positions.get(ShardId) ?? (await startOf(ShardId, 'TRIM_HORIZON'));
        positions.set(ShardId, await readPage(ShardId, position));
      }
      for (const id of positions.keys()) if (!ids.has(id)) positions.delete(id);
    },
  };

  function atEnd(ShardId: string): boolean {
    const position = positions.get(ShardId);
    return position !== undefined && position.iterator === undefined;
  }

  async function shards(): Promise<Shard[]> {
    const found: Shard[] = [];
    let from: string | undefined;
    do {
      const { StreamDescription } = await streams.send(
        new DescribeStreamCommand({ StreamArn, ExclusiveStartShardId: from }),
      );
      found.push(...(StreamDescription?.Shards ?? []));
      from = StreamDescription?.LastEvaluatedShardId;
    } while (from !== undefined);
    return found;
  }

  async function startOf(
    ShardId: string,
    ShardIteratorType: 'LATEST' | 'TRIM_HORIZON',
  ): Promise<Position> {
    const command = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType });
    return { iterator: (await streams.send(command)).ShardIterator, last: undefined };
  }

  async function readPage(ShardId: string, position: Position): Promise<Position> {
    const { iterator, last } = position;
    if (iterator === undefined) return position;
    try {
      const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
      for (const record of page.Records ?? []) onRecord(record, ShardId);
      const newest = page.Records?.at(-1)?.dynamodb?.SequenceNumber;
      return { iterator: page.NextShardIterator, last: newest ?? last };
    } catch (error) {
      // An iterator lives for 15 minutes, less than a laptop sleeps. And DynamoDB Local says
      // "trimmed" of one at the end of a shard that has grown meanwhile.
      const ended =
        error instanceof ExpiredIteratorException || error instanceof TrimmedDataAccessException;
      if (!ended) throw error;
      return resume(ShardId, last);
    }
  }

  /** What is read again, `deliver` leaves alone. */
  async function resume(ShardId: string, last: string | undefined): Promise<Position> {
    if (last === undefined) return startOf(ShardId, 'TRIM_HORIZON');
    const after = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: last };
    try {
      const command = new GetShardIteratorCommand({ StreamArn, ShardId, ...after });
      return { iterator: (await streams.send(command)).ShardIterator, last };
    } catch (error) {
      if (!(error instanceof TrimmedDataAccessException)) throw error;
      return startOf(ShardId, 'TRIM_HORIZON');
    }
  }
}
