import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { SECOND_MS } from '../lib/runtime/durations.ts';
import type { StreamRecord } from './database.ts';
import type { StreamTrigger } from './serverless-config.ts';

/** The time between two tries of the same records. */
const RETRY_DELAY_MS = 500;

/** A record, and when the stream got it, ms since the epoch. */
interface AgedRecord {
  record: StreamRecord;
  addedAt: number;
}

/**
 * Invokes `deliver` with the ledger's writes as the stream trigger of `serverless.yml` does: it
 * filters them and sends them in batches. Batches run in parallel, but the records of a contact
 * stay in order.
 *
 * @param trigger the settings of the trigger
 * @param invoke invokes `deliver`; it rejects if the function crashed
 * @param giveUp called with the records that it will not try again
 */
export function createStreamPlayer(
  trigger: StreamTrigger,
  invoke: (event: { Records: StreamRecord[] }) => Promise<DynamoDBBatchResponse>,
  giveUp: (records: StreamRecord[]) => void,
) {
  const lanes = Array.from({ length: trigger.parallelizationFactor }, () => ({
    waiting: [] as AgedRecord[],
    playing: Promise.resolve(),
  }));
  let stopped = false;

  return {
    /** Takes a record of the stream. */
    add(record: StreamRecord): void {
      if (stopped || !matches(trigger.filter, record)) return;
      const lane = lanes[laneOf(record, lanes.length)];
      if (lane === undefined) return;
      lane.waiting.push({ record, addedAt: Date.now() });
      lane.playing = lane.playing.then(() => playBatch(lane.waiting.splice(0, trigger.batchSize)));
    },

    /** Resolves when the batches under way have ended; what is left is dropped. */
    async stop(): Promise<void> {
      stopped = true;
      await Promise.all(lanes.map(({ playing }) => playing));
    },
  };

  async function playBatch(batch: AgedRecord[]): Promise<void> {
    let left = batch;
    while (!stopped) {
      left = withoutAged(left);
      if (left.length === 0) return;
      const Records = left.map(({ record }) => record);
      left = await invoke({ Records }).then(
        (answer) => fromLowestFailed(left, answer),
        () => left,
      );
      if (left.length > 0) await delay(RETRY_DELAY_MS);
    }
  }

  /** However often a record failed, only its age ends its tries. */
  function withoutAged(records: AgedRecord[]): AgedRecord[] {
    const oldest = Date.now() - trigger.maximumRecordAgeInSeconds * SECOND_MS;
    const young = records.filter(({ addedAt }) => addedAt >= oldest);
    const aged = records.filter(({ addedAt }) => addedAt < oldest);
    if (aged.length > 0) giveUp(aged.map(({ record }) => record));
    return young;
  }
}

/** After a partial failure, Lambda resumes at the lowest failed record and repeats all after it. */
function fromLowestFailed(
  records: AgedRecord[],
  { batchItemFailures }: DynamoDBBatchResponse,
): AgedRecord[] {
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const lowest = records.findIndex(({ record }) => failed.has(record.dynamodb.SequenceNumber));
  return lowest < 0 ? [] : records.slice(lowest);
}

function laneOf({ dynamodb }: StreamRecord, lanes: number): number {
  let sum = 0;
  for (const character of dynamodb.Keys.contact.S) sum += character.charCodeAt(0);
  return sum % lanes;
}

/** Lambda's event filtering, as far as it is used: nested fields, each with a list of values. */
function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.includes(value);
  if (typeof pattern !== 'object' || pattern === null) return false;
  return Object.entries(pattern).every(
    ([name, inner]) =>
      typeof value === 'object' &&
      value !== null &&
      matches(inner, Object.entries(value).find(([field]) => field === name)?.[1]),
  );
}
