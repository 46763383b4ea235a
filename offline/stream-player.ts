import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { StreamRecord } from './database.ts';
import type { StreamTrigger } from './serverless-config.ts';

/** Between two tries of the same records. */
const RETRY_DELAY_MS = 500;

/**
 * Plays the ledger's writes to `deliver` as the stream trigger of `serverless.yml` would: filtered,
 * in batches, several side by side but those of a contact in order.
 *
 * @param trigger the trigger's settings
 * @param invoke calls `deliver`; a rejection stands for a function that crashed
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
    /** Takes a record of the stream. */
    add(record: StreamRecord): void {
      if (stopped || !matches(trigger.filter, record)) return;
      const lane = lanes[laneOf(record, lanes.length)];
      if (lane === undefined) return;
      lane.waiting.push(record);
      lane.playing = lane.playing.then(() => playBatch(lane.waiting.splice(0, trigger.batchSize)));
    },

    /** Resolves when the batches under way have ended; what is left is dropped. */
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
        (answer) => fromLowestFailed(left, answer),
        () => left,
      );
    }
  }
}

/** A partial failure resumes at the lowest failed record: everything after it comes again. */
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
