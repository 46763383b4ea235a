import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import type { InteractionKey } from '../../lib/ledger/entry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import { createInProcessStream } from '../in-process/stream.ts';
import type { Random } from './random.ts';

const MAX_BATCH = 6;
/** As in serverless.yml: the trigger gives up records that are older. */
const MAX_AGE_MS = 23.5 * HOUR_MS;
/** In some runs the trigger gives up after few tries, too. */
const FEW_RETRIES = 3;
const LONGEST_PAUSE_MS = 10 * MINUTE_MS;
/** How many batches the trigger runs at the same time. Those of one contact stay in order. */
const LANES = 2;

/** A record, and when it was written. */
interface Written {
  record: DynamoDBRecord;
  at: number;
  /** Its place in the stream. */
  index: number;
}

/** A batch of records for `deliver`. */
export interface StreamBatch {
  records: DynamoDBRecord[];
  /** Resumes at the lowest failed record, or gives up. A crash fails the whole batch. */
  end(answer: DynamoDBBatchResponse | 'crashed'): void;
}

/** What the simulated stream works with. */
interface StreamParts {
  random: Random;
  /** Called with Lambda's message about the records that it gives up. */
  onGivenUp: (message: string) => void;
  /** Called with each operation when the stream is read again. */
  onCall: (operation: string) => Promise<void>;
}

/** Creates the ledger's stream, and Lambda's trigger that reads it. */
export function createSimulatedStream({ random, onGivenUp, onCall }: StreamParts) {
  const kept = createInProcessStream(onCall);
  const all: Written[] = [];
  const maxRetries = random.chance(0.5) ? FEW_RETRIES : Number.POSITIVE_INFINITY;
  const giveUp = (first: Written, last: Written): void =>
    onGivenUp(kept.failureMessage(first.index, last.index));
  const lanes = Array.from({ length: LANES }, () => createLane({ random, maxRetries, giveUp }));
  return {
    /** Reads the stream again, as `recover` does. */
    client: kept.client,

    /** When the trigger has a batch next, ms of the virtual clock; Infinity if it has none. */
    get nextAt(): number {
      return Math.min(...lanes.map(({ nextAt }) => nextAt));
    },

    /** Adds the record of a new pending interaction. */
    append({ contact, day }: InteractionKey): void {
      const index = all.length;
      const SequenceNumber = String(index + 1).padStart(21, '0');
      const Keys = { contact: { S: contact }, day: { S: day } };
      const record = { eventID: SequenceNumber, dynamodb: { Keys, SequenceNumber } };
      const written = { record, at: Date.now(), index };
      all.push(written);
      kept.append({ contact, day }, 'pending');
      lanes[Buffer.from(contact).reduce((sum, byte) => sum + byte, 0) % LANES]?.append(written);
    },

    /** Takes the next batch, if there is one. Sometimes it begins with a record that came before. */
    take(): StreamBatch | undefined {
      kept.trim(Date.now() - DAY_MS);
      const [first, ...others] = lanes.filter(({ nextAt }) => nextAt <= Date.now());
      if (first === undefined) return undefined;
      const lane = random.pick([first, ...others]);
      const fresh = lane.take(1 + random.int(MAX_BATCH)).map(({ record }) => record);
      const repeated = random.chance(0.2) ? all[random.int(all.length)]?.record : undefined;
      const records = repeated === undefined ? fresh : [repeated, ...fresh];
      return { records, end: lane.end };
    },
  };
}

/** What a lane works with. */
interface LaneParts {
  random: Random;
  maxRetries: number;
  giveUp: (first: Written, last: Written) => void;
}

/** Holds the records of some contacts. It gives one batch at a time, in order. */
function createLane({ random, maxRetries, giveUp }: LaneParts) {
  let waiting: Written[] = [];
  let retries = 0;
  let pausedUntil = 0;
  /** The size of the next batch: a crashed batch is sent again in halves. */
  let most = MAX_BATCH;
  let underWay: Written[] | undefined;
  return {
    get nextAt(): number {
      return waiting.length === 0 || underWay !== undefined ? Infinity : pausedUntil;
    },
    append(written: Written): void {
      waiting.push(written);
    },
    take(count: number): Written[] {
      underWay = waiting.slice(0, Math.min(count, most));
      return underWay;
    },
    end(answer: DynamoDBBatchResponse | 'crashed'): void {
      const batch = underWay ?? [];
      underWay = undefined;
      most = answer === 'crashed' ? Math.ceil(batch.length / 2) : MAX_BATCH;
      const failed = answer === 'crashed' ? 0 : lowestFailed(batch, answer);
      const left = failed < 0 ? [] : batch.slice(failed);
      waiting = waiting.slice(batch.length - left.length);
      retries = left.length === batch.length ? retries + 1 : 0;
      const [first, last] = [left[0], left.at(-1)];
      if (first === undefined || last === undefined) return;
      pausedUntil = Date.now() + random.int(LONGEST_PAUSE_MS);
      if (retries <= maxRetries && Date.now() - first.at < MAX_AGE_MS) return;
      giveUp(first, last);
      waiting = waiting.slice(left.length);
      retries = 0;
    },
  };
}

function lowestFailed(batch: Written[], { batchItemFailures }: DynamoDBBatchResponse): number {
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return batch.findIndex(({ record }) => failed.has(record.dynamodb?.SequenceNumber ?? ''));
}
