import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LOCAL_AWS } from '../../cli/local-stack.ts';
import { parseMessage } from '../../lib/delivery/recovery-messages.ts';
import { createStreamRecord } from '../../offline/database.ts';
import { startUndeliveredQueue, type UndeliveredQueue } from '../../offline/undelivered-queue.ts';

const KEYS = { contact: { S: 'acme#somebody' }, day: { S: '2020-05-31' } };
let queue: UndeliveredQueue;
/** The bodies that `recover` was invoked with. */
let received: string[];
/** How many of the next invocations fail. */
let failures: number;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  received = [];
  failures = 0;
  queue = await startUndeliveredQueue(async (event) => {
    received.push(JSON.stringify(event));
    failures -= 1;
    if (failures >= 0) throw new Error('the ledger cannot be reached');
  });
});

afterEach(async () => {
  await queue.stop();
  vi.useRealTimers();
});

const eventWith = (body: string) => JSON.stringify({ Records: [{ body }] });

it('brings recover what it sends with the client of AWS, after the delay that it asks for', async () => {
  const sqs = new SQSClient({ ...LOCAL_AWS, endpoint: new URL(queue.url).origin });
  const message = { MessageBody: 'a sweep', DelaySeconds: 900 };
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, ...message }));
  await vi.advanceTimersByTimeAsync(899_999);
  expect(received).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(received).toEqual([eventWith('a sweep')]);
  sqs.destroy();
});

it('brings a message again until recover handles it', async () => {
  failures = 2;
  queue.addGivenUp([createStreamRecord('1', 'INSERT', KEYS, {})]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(received).toEqual(Array(3).fill(eventWith('{}')));
});

it('names the place of a record in its stream, as AWS does', async () => {
  const writtenAt = '2026-11-24T08:00:00.000Z';
  const position = { streamArn: 'arn', shardId: 'shard', writtenAt };
  queue.addGivenUp([{ ...createStreamRecord('0042', 'INSERT', KEYS, {}), position }]);
  await vi.advanceTimersByTimeAsync(0);
  const { Records } = JSON.parse(received[0] ?? '{}');
  expect(parseMessage(Records[0].body)).toEqual({
    range: {
      streamArn: 'arn',
      shardId: 'shard',
      startSequenceNumber: '0042',
      endSequenceNumber: '0042',
    },
    firstWrittenAt: Date.parse(writtenAt),
    lastWrittenAt: Date.parse(writtenAt) + 1000,
  });
});
