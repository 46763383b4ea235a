import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import type { Random } from './random.ts';

const MAX_BATCH = 4;
/** Few, so that the stream gives up in some runs. */
const MAX_RETRIES = 4;
/** How many batches the trigger runs at the same time. Those of one contact stay in order. */
const LANES = 2;

/** A batch of records for `deliver`. */
export interface StreamBatch {
  records: DynamoDBRecord[];
  /** Resumes at the lowest failed record, or gives it up. A crash fails the whole batch. */
  end(answer: DynamoDBBatchResponse | 'crashed'): void;
}

/** Creates the ledger's stream, as Lambda's trigger reads it. */
export function createSimulatedStream(random: Random) {
  const lanes = Array.from({ length: LANES }, () => createLane());
  const all: DynamoDBRecord[] = [];
  return {
    /** How many records are neither done nor given up. */
    get waiting(): number {
      return lanes.reduce((sum, { waiting }) => sum + waiting, 0);
    },

    /** Adds the record of a new pending interaction. */
    append({ contact, day }: { contact: string; day: string }): void {
      const SequenceNumber = String(all.length).padStart(21, '0');
      const Keys = { contact: { S: contact }, day: { S: day } };
      const record = { eventID: SequenceNumber, dynamodb: { Keys, SequenceNumber } };
      all.push(record);
      lanes[Buffer.from(contact).reduce((sum, byte) => sum + byte, 0) % LANES]?.append(record);
    },

    /** Takes the next batch, if there is one. Sometimes it begins with a record that came before. */
    take(): StreamBatch | undefined {
      const [first, ...others] = lanes.filter(({ busy, waiting }) => !busy && waiting > 0);
      if (first === undefined) return undefined;
      const lane = random.pick([first, ...others]);
      const fresh = lane.take(1 + random.int(MAX_BATCH));
      const repeated = random.chance(0.2) ? all[random.int(all.length)] : undefined;
      const records = repeated === undefined ? fresh : [repeated, ...fresh];
      return { records, end: lane.end };
    },
  };
}

/** Holds the records of some contacts. It gives one batch at a time, in order. */
function createLane() {
  const records: DynamoDBRecord[] = [];
  let position = 0;
  let retries = 0;
  /** The size of the next batch: a crashed batch is sent again in halves. */
  let most = MAX_BATCH;
  let underWay: DynamoDBRecord[] | undefined;
  return {
    get waiting(): number {
      return records.length - position;
    },
    get busy(): boolean {
      return underWay !== undefined;
    },
    append(record: DynamoDBRecord): void {
      records.push(record);
    },
    take(count: number): DynamoDBRecord[] {
      underWay = records.slice(position, position + Math.min(count, most));
      return underWay;
    },
    end(answer: DynamoDBBatchResponse | 'crashed'): void {
      const batch = underWay ?? [];
      underWay = undefined;
      if (answer === 'crashed' && batch.length > 1) {
        most = Math.ceil(batch.length / 2);
        return;
      }
      most = MAX_BATCH;
      const failed = answer === 'crashed' ? 0 : lowestFailed(batch, answer);
      position += failed < 0 ? batch.length : failed;
      retries = failed === 0 ? retries + 1 : 0;
      if (retries <= MAX_RETRIES) return;
      position += 1;
      retries = 0;
    },
  };
}

function lowestFailed(batch: DynamoDBRecord[], { batchItemFailures }: DynamoDBBatchResponse) {
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return batch.findIndex(({ dynamodb }) => failed.has(dynamodb?.SequenceNumber ?? ''));
}
