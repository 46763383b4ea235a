import {
  type DynamoDBStreamsClient,
  DynamoDBStreamsServiceException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as Record,
} from '@aws-sdk/client-dynamodb-streams';
import { parseItem } from '../runtime/dynamodb/items.ts';
import { type InteractionKey, keySchema } from './entry.ts';

/** More pages than the records of one batch can fill, even if most of its shard is between them. */
const MAX_PAGES = 100;
/** What DynamoDB answers about records, shards and streams that it no longer has. */
const FORGOTTEN = [
  'TrimmedDataAccessException',
  'ResourceNotFoundException',
  'ValidationException',
];

/** A part of one shard of the ledger's stream, with both ends. */
export interface StreamRange {
  streamArn: string;
  shardId: string;
  startSequenceNumber: string;
  endSequenceNumber: string;
}

/** What the stream still had of a range. */
interface StreamReading {
  /** What was written as pending. It may have changed since. */
  pending: InteractionKey[];
  /** false if the stream has forgotten some of it. It keeps a record for 24 hours. */
  complete: boolean;
}

/** Reads a range of the ledger's stream again. It throws if DynamoDB fails. */
export type ReadStream = (range: StreamRange) => Promise<StreamReading>;

/** @param streams the client for the stream */
export function createStreamReader(streams: DynamoDBStreamsClient): ReadStream {
  return async ({ endSequenceNumber, ...start }) => {
    const pending: InteractionKey[] = [];
    try {
      for await (const record of recordsFrom(start)) {
        pending.push(...pendingKeyOf(record));
        const position = BigInt(record.dynamodb?.SequenceNumber ?? 0);
        if (position >= BigInt(endSequenceNumber)) return { pending, complete: true };
      }
    } catch (error) {
      if (!isForgotten(error)) throw error;
    }
    return { pending, complete: false };
  };

  async function* recordsFrom(start: Omit<StreamRange, 'endSequenceNumber'>) {
    const first = await streams.send(
      new GetShardIteratorCommand({
        StreamArn: start.streamArn,
        ShardId: start.shardId,
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        SequenceNumber: start.startSequenceNumber,
      }),
    );
    let iterator = first.ShardIterator;
    for (let page = 0; page < MAX_PAGES && iterator !== undefined; page += 1) {
      const read = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
      yield* read.Records ?? [];
      iterator = read.NextShardIterator;
    }
  }
}

function pendingKeyOf({ dynamodb }: Record): InteractionKey[] {
  if (dynamodb?.NewImage?.status?.S !== 'pending') return [];
  return [parseItem(keySchema, dynamodb.Keys ?? {})];
}

function isForgotten(error: unknown): boolean {
  return error instanceof DynamoDBStreamsServiceException && FORGOTTEN.includes(error.name);
}
