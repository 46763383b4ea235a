import { createHash, randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { startAwsService } from './aws-service.ts';
import type { StreamRecord } from './database.ts';

/** The time until a message comes again that `recover` could not handle. */
const RETRY_DELAY_MS = 5000;

const sendSchema = v.object({ MessageBody: v.string(), DelaySeconds: v.optional(v.number(), 0) });

/** Stands in for the SQS queue between the stream and `recover`. */
export interface UndeliveredQueue {
  /** Where `recover` sends its messages. */
  url: string;
  /** Adds what the stream gave up. */
  addGivenUp(records: StreamRecord[]): void;
  stop(): Promise<void>;
}

/**
 * Starts the queue on a free port.
 *
 * @param invoke invokes `recover` with an event of the queue; a message comes again if it rejects
 */
export async function startUndeliveredQueue(
  invoke: (event: object) => Promise<unknown>,
): Promise<UndeliveredQueue> {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  const service = await startAwsService((_operation, input) => ({ body: sendMessage(input) }));
  return {
    url: `${service.url}/undelivered`,
    addGivenUp: (records) => {
      for (const record of records) deliverLater(toFailureMessage(record), 0);
    },
    stop: () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      return service.stop();
    },
  };

  /** The only operation that `recover` uses. */
  function sendMessage(input: unknown) {
    const { MessageBody, DelaySeconds } = v.parse(sendSchema, input);
    deliverLater(MessageBody, DelaySeconds * 1000);
    // The AWS client compares it.
    const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
    return { MessageId: randomUUID(), MD5OfMessageBody };
  }

  function deliverLater(body: string, delayMs: number): void {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      invoke({ Records: [{ body }] }).catch(() => deliverLater(body, RETRY_DELAY_MS));
    }, delayMs);
    timers.add(timer);
  }
}

/**
 * The message that Lambda sends for a record that the stream gave up:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html. The embedded DynamoDB
 * has no stream to name: then the message says nothing, and `recover` sweeps the table.
 */
function toFailureMessage({ position, dynamodb }: StreamRecord): string {
  if (position === undefined) return '{}';
  const { writtenAt, ...shard } = position;
  return JSON.stringify({
    DDBStreamBatchInfo: {
      ...shard,
      startSequenceNumber: dynamodb.SequenceNumber,
      endSequenceNumber: dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: writtenAt,
      approximateArrivalOfLastRecord: writtenAt,
      batchSize: 1,
    },
  });
}
