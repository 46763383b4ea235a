import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStreamReader, type StreamRange } from '../../lib/ledger/stream.ts';
import { inProcess } from '../in-process/dynamodb.ts';
import { createInProcessStream, type InProcessStream } from '../in-process/stream.ts';

let stream: InProcessStream;

beforeEach(() => {
  stream = createInProcessStream();
});

function keyOf(number: number) {
  return { contact: `acme#${number}`, day: '2020-05-31' };
}

/** Writes records of as many contacts; every second one is not pending. */
function append(count: number): void {
  for (let number = 0; number < count; number += 1) {
    stream.append(keyOf(number), number % 2 === 0 ? 'pending' : 'delivered');
  }
}

function read(range: StreamRange, client = stream.client) {
  return createStreamReader(client)(range);
}

/** The range of a failure message, with something changed. */
function range(first: number, last: number, changes: Partial<StreamRange> = {}): StreamRange {
  return { ...JSON.parse(stream.failureMessage(first, last)).DDBStreamBatchInfo, ...changes };
}

/** A stream that answers every call with an error of this name. */
function failingWith(name: string): DynamoDBStreamsClient {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}` };
  return new DynamoDBStreamsClient(inProcess(async () => ({ statusCode: 400, body })));
}

describe('a range of the stream', () => {
  it('is read from its first to its last record, both included, over several pages', async () => {
    append(12);
    expect(await read(range(2, 8))).toEqual({
      pending: [2, 4, 6, 8].map(keyOf),
      complete: true,
    });
  });

  it('may be one record, the last of the stream', async () => {
    append(5);
    expect(await read(range(4, 4))).toEqual({ pending: [keyOf(4)], complete: true });
  });

  it('is not complete if the stream goes on without its last record', async () => {
    append(3);
    const beyond = range(0, 0, { endSequenceNumber: '000000000000000000099' });
    expect(await read(beyond)).toEqual({ pending: [0, 2].map(keyOf), complete: false });
  });
});

describe('a range that the stream has forgotten', () => {
  it.each(['TrimmedDataAccessException', 'ResourceNotFoundException', 'ValidationException'])(
    'is empty and not complete: %s',
    async (name) => {
      append(1);
      expect(await read(range(0, 0), failingWith(name))).toEqual({ pending: [], complete: false });
    },
  );
});

it.each([
  'ThrottlingException',
  'LimitExceededException',
  'InternalServerError',
  'ExpiredIteratorException',
  'AccessDeniedException',
])('throws what may pass: %s', async (name) => {
  append(1);
  await expect(read(range(0, 0), failingWith(name))).rejects.toMatchObject({ name });
});
