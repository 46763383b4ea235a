import * as v from 'valibot';
import type { StreamRange } from '../ledger/stream.ts';
import { SECOND_MS } from '../runtime/durations.ts';
import type { Item } from '../runtime/dynamodb/items.ts';
import { isoInstant } from '../runtime/iso-instant.ts';

const sequenceNumber = v.pipe(v.string(), v.regex(/^\d+$/));

/**
 * What Lambda sends when a stream gives up a batch. The message has the place of the records, and
 * not the records.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
const failedBatchSchema = v.object({
  DDBStreamBatchInfo: v.object({
    streamArn: v.string(),
    shardId: v.string(),
    startSequenceNumber: sequenceNumber,
    endSequenceNumber: sequenceNumber,
    approximateArrivalOfFirstRecord: isoInstant,
    approximateArrivalOfLastRecord: isoInstant,
  }),
});

const sweepSchema = v.object({
  sweep: v.object({
    acceptedUntil: isoInstant,
    from: v.optional(v.record(v.string(), v.object({ S: v.string() }))),
  }),
});

/** Records that the stream gave up. */
interface FailedBatch {
  range: StreamRange;
  /** ms since the epoch */
  firstWrittenAt: number;
  /** No record was written later, ms since the epoch. */
  lastWrittenAt: number;
}

/** A search of the whole table for what is pending since long ago. */
export interface Sweep {
  /** It finds what was accepted until then, ms since the epoch. */
  acceptedUntil: number;
  /** Where its next page starts; at the beginning if absent. */
  from?: Item | undefined;
}

/** @returns undefined if the message is neither a failed batch nor a sweep */
export function parseMessage(message: string): FailedBatch | Sweep | undefined {
  const json = parseJson(message);
  const sweep = v.safeParse(sweepSchema, json);
  if (sweep.success) {
    const { acceptedUntil, from } = sweep.output.sweep;
    return { acceptedUntil: Date.parse(acceptedUntil), from };
  }
  const failed = v.safeParse(failedBatchSchema, json);
  if (!failed.success) return undefined;
  const {
    approximateArrivalOfFirstRecord: first,
    approximateArrivalOfLastRecord: last,
    ...range
  } = failed.output.DDBStreamBatchInfo;
  // DynamoDB rounds the time of a record down to the second.
  return { range, firstWrittenAt: Date.parse(first), lastWrittenAt: Date.parse(last) + SECOND_MS };
}

/** A sweep as a message that `parseMessage` reads. */
export function toMessage({ acceptedUntil, from }: Sweep): string {
  return JSON.stringify({ sweep: { acceptedUntil: new Date(acceptedUntil).toISOString(), from } });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
