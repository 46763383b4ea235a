import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import * as v from 'valibot';
import type { InteractionKey } from '../../lib/ledger/entry.ts';
import { type Answer, inProcess } from './dynamodb.ts';

const PAGE_SIZE = 3;
const STREAM_ARN = 'arn:aws:dynamodb:eu-central-1:123456789012:table/interactions/stream/2026';
const SHARD_ID = 'shardId-00000001795589811046-0a1b2c3d';
const iteratorRequest = v.object({
  ShardId: v.string(),
  ShardIteratorType: v.literal('AT_SEQUENCE_NUMBER'),
  SequenceNumber: v.string(),
});
const recordsRequest = v.object({ ShardIterator: v.string() });

/** A stream in this process, with one shard: dynalite has none. */
export type InProcessStream = ReturnType<typeof createInProcessStream>;

/** @param onCall called with each operation that the stream is asked for; it may fail or wait */
export function createInProcessStream(
  onCall: (operation: string) => void | Promise<void> = () => {},
) {
  const records: { number: number; key: InteractionKey; status: string; at: number }[] = [];
  let trimmed = 0;
  return {
    client: new DynamoDBStreamsClient(
      inProcess(async (operation, input) => {
        await onCall(operation);
        return operation === 'GetRecords' ? getRecords(input) : getShardIterator(input);
      }),
    ),

    /** Adds the record of a write. */
    append(key: InteractionKey, status: string): void {
      records.push({ number: records.length + 1, key, status, at: Date.now() });
    },

    /**
     * Forgets records, as a stream does after 24 hours.
     *
     * @param writtenBefore ms since the epoch; all records if absent
     */
    trim(writtenBefore = Number.POSITIVE_INFINITY): void {
      trimmed = records.filter(({ at }) => at < writtenBefore).length;
    },

    /**
     * The message that Lambda sends when the stream gives up these records, as in
     * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
     *
     * @param first index of the first record
     * @param last index of the last record
     */
    failureMessage(first = 0, last = records.length - 1): string {
      return JSON.stringify({
        requestContext: {
          requestId: '316aa6d0-8154-xmpl-9af7-85d5f4a6bc81',
          functionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:deliver',
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 11,
        },
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: 'Unhandled',
        },
        version: '1.0',
        timestamp: new Date().toISOString(),
        DDBStreamBatchInfo: {
          shardId: SHARD_ID,
          startSequenceNumber: sequenceNumber(first + 1),
          endSequenceNumber: sequenceNumber(last + 1),
          approximateArrivalOfFirstRecord: arrival(records[first]?.at),
          approximateArrivalOfLastRecord: arrival(records[last]?.at),
          batchSize: last - first + 1,
          streamArn: STREAM_ARN,
        },
      });
    },
  };

  function getShardIterator(input: object): Answer {
    const { ShardId, SequenceNumber } = v.parse(iteratorRequest, input);
    if (ShardId !== SHARD_ID) return failure('ResourceNotFoundException');
    if (Number(SequenceNumber) <= trimmed) return failure('TrimmedDataAccessException');
    return { statusCode: 200, body: { ShardIterator: SequenceNumber } };
  }

  function getRecords(input: object): Answer {
    const { ShardIterator } = v.parse(recordsRequest, input);
    const start = Number(ShardIterator) - 1;
    const page = records.slice(start, start + PAGE_SIZE);
    const body = {
      Records: page.map(({ number, key, status }) => ({
        dynamodb: {
          Keys: { contact: { S: key.contact }, day: { S: key.day } },
          NewImage: { status: { S: status } },
          SequenceNumber: sequenceNumber(number),
        },
      })),
      // An open shard has no end.
      NextShardIterator: String(start + page.length + 1),
    };
    return { statusCode: 200, body };
  }
}

function sequenceNumber(number: number): string {
  return String(number).padStart(21, '0');
}

/** In whole seconds, rounded down, as DynamoDB counts. */
function arrival(at = Date.now()): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

function failure(name: string): Answer {
  return { statusCode: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}` } };
}
