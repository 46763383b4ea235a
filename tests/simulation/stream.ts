import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import type { Random } from './random.ts';

const MAX_BATCH = 4;
/** As few as a record may get before the stream gives up, so that runs come to it. */
const MAX_RETRIES = 4;

/** The ledger's stream, as Lambda's trigger reads it: one batch at a time, in order. */
export function createSimulatedStream(random: Random) {
  const records: DynamoDBRecord[] = [];
  let position = 0;
  let retries = 0;
  let underWay: DynamoDBRecord[] | undefined;

  return {
    /** How many records nobody has dealt with yet. */
    get waiting(): number {
      return records.length - position;
    },
    get busy(): boolean {
      return underWay !== undefined;
    },

    /** A write left an interaction pending: what the trigger's filter lets through. */
    append(key: { contact: string; day: string }): void {
      const SequenceNumber = String(records.length).padStart(21, '0');
      records.push({
        eventID: SequenceNumber,
        eventName: 'INSERT',
        dynamodb: { Keys: { contact: { S: key.contact }, day: { S: key.day } }, SequenceNumber },
      });
    },

    /** The next batch; now and then it begins with records that were dealt with long ago. */
    take(): DynamoDBRecord[] {
      const fresh = records.slice(position, position + 1 + random.int(MAX_BATCH));
      underWay = fresh;
      if (position === 0 || !random.chance(0.2)) return fresh;
      const replayed = records[random.int(position)];
      return replayed === undefined ? fresh : [replayed, ...fresh];
    },

    /** Resumes at the lowest failed record, or gives it up; a crash fails the whole batch. */
    end(answer: DynamoDBBatchResponse | 'crashed'): void {
      const batch = underWay ?? [];
      underWay = undefined;
      const failed =
        answer === 'crashed' ? (batch.length > 0 ? 0 : -1) : lowestFailed(batch, answer);
      if (failed < 0) {
        position += batch.length;
        retries = 0;
        return;
      }
      position += failed;
      retries = failed > 0 ? 0 : retries + 1;
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
