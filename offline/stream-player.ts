import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { StreamRecord } from './database.ts';
import type { StreamTrigger } from './serverless-config.ts';

/** The time between two tries of the same records. */
const RETRY_DELAY_MS = 500;

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
    waiting: [] as StreamRecord[],
    playing: Promise.resolve(),
  }));
  let stopped = false;

  return {
    /** Adds a record of the stream, to be delivered after the ones before it. */
    add(record: StreamRecord): void {
      if (stopped || !matches(trigger.filter, record)) return;
      const lane = lanes[laneOf(record, lanes.length)];
      if (lane === undefined) return;
      lane.waiting.push(record);
      lane.playing = lane.playing.then(() => playBatch(lane.waiting.splice(0, trigger.batchSize)));
    },

    /** Waits for the batches that have started. Records that wait are dropped. */
    async stop(): Promise<void> {
      stopped = true;
      await Promise.all(lanes.map(({ playing }) => playing));
    },
  };

  async function playBatch(records: StreamRecord[]): Promise<void> {
    let left = records;
    for (let retries = 0; left.length > 0 && !stopped; retries += 1) {
      if (retries > trigger.maximumRetryAttempts) {
        giveUp(left);
        return;
      }
      if (retries > 0) await delay(RETRY_DELAY_MS);
      left = await invoke({ Records: left }).then(
        (response) => fromLowestFailed(left, response),
        () => left,
      );
    }
  }
}

/** After a partial failure, Lambda resumes at the lowest failed record and repeats all after it. */
function fromLowestFailed(
  records: StreamRecord[],
  { batchItemFailures }: DynamoDBBatchResponse,
): StreamRecord[] {
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const lowest = records.findIndex(({ dynamodb }) => failed.has(dynamodb.SequenceNumber));
  return lowest < 0 ? [] : records.slice(lowest);
}

function laneOf({ dynamodb }: StreamRecord, lanes: number): number {
  let sum = 0;
  for (const character of dynamodb.Keys.contact.S) sum += character.charCodeAt(0);
  return sum % lanes;
}

/** Lambda's event filtering, limited to what is used: nested fields, each with a list of values. */
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
