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

/** Where a shard is read next. At the end of a closed shard there is no iterator. */
interface Position {
  iterator: string | undefined;
  /** The sequence number of the last record that was read. */
  lastRead: string | undefined;
}

/**
 * Reads a DynamoDB stream from now on, including later shards: DynamoDB Local closes a shard after
 * four hours and opens the next.
 *
 * @param onRecord called for each record, in the order of its shard and after its parent shard
 */
export async function createShardReader(
  streams: DynamoDBStreamsClient,
  StreamArn: string,
  onRecord: (record: LocalRecord, shardId: string) => void,
) {
  const positions = new Map<string, Position>();
  for (const { ShardId } of await listShards()) {
    if (ShardId !== undefined) positions.set(ShardId, await startAt(ShardId, 'LATEST'));
  }

  return {
    /** Looks for new shards and reads a page of every open one. */
    async readRound(): Promise<void> {
      const shards = await listShards();
      const ids = new Set(shards.map(({ ShardId }) => ShardId));
      for (const { ShardId, ParentShardId } of shards) {
        if (ShardId === undefined) continue;
        if (ParentShardId !== undefined && ids.has(ParentShardId) && !atEnd(ParentShardId))
          continue;
        const position = positions.get(ShardId) ?? (await startAt(ShardId, 'TRIM_HORIZON'));
        positions.set(ShardId, await readPage(ShardId, position));
      }
      for (const id of positions.keys()) if (!ids.has(id)) positions.delete(id);
    },
  };

  function atEnd(ShardId: string): boolean {
    const position = positions.get(ShardId);
    return position !== undefined && position.iterator === undefined;
  }

  async function listShards(): Promise<Shard[]> {
    const shards: Shard[] = [];
    let from: string | undefined;
    do {
      const { StreamDescription } = await streams.send(
        new DescribeStreamCommand({ StreamArn, ExclusiveStartShardId: from }),
      );
      shards.push(...(StreamDescription?.Shards ?? []));
      from = StreamDescription?.LastEvaluatedShardId;
    } while (from !== undefined);
    return shards;
  }

  async function startAt(
    ShardId: string,
    ShardIteratorType: 'LATEST' | 'TRIM_HORIZON',
  ): Promise<Position> {
    const command = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType });
    return { iterator: (await streams.send(command)).ShardIterator, lastRead: undefined };
  }

  async function readPage(ShardId: string, position: Position): Promise<Position> {
    const { iterator, lastRead } = position;
    if (iterator === undefined) return position;
    try {
      const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
      for (const record of page.Records ?? []) onRecord(record, ShardId);
      const newest = page.Records?.at(-1)?.dynamodb?.SequenceNumber;
      return { iterator: page.NextShardIterator, lastRead: newest ?? lastRead };
    } catch (error) {
      // An iterator expires after 15 minutes, which a sleeping laptop exceeds. DynamoDB Local also
      // reports "trimmed" for an iterator at the end of a shard that has grown since.
      const ended =
        error instanceof ExpiredIteratorException || error instanceof TrimmedDataAccessException;
      if (!ended) throw error;
      return resume(ShardId, lastRead);
    }
  }

  /** Records that are read twice do no harm: `deliver` skips what is already settled. */
  async function resume(ShardId: string, lastRead: string | undefined): Promise<Position> {
    if (lastRead === undefined) return startAt(ShardId, 'TRIM_HORIZON');
    const after = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: lastRead };
    try {
      const command = new GetShardIteratorCommand({ StreamArn, ShardId, ...after });
      return { iterator: (await streams.send(command)).ShardIterator, lastRead };
    } catch (error) {
      if (!(error instanceof TrimmedDataAccessException)) throw error;
      return startAt(ShardId, 'TRIM_HORIZON');
    }
  }
}
