import { Rejection } from '../../lib/event/rejection.ts';
import { checkEventLimits } from '../../lib/intake/event-limits.ts';
import type { Entry } from './entry.ts';

/** Well below the 4,000 events and 5 MB that the service takes, so that an answer comes soon. */
const MOST_EVENTS = 500;
const MOST_BYTES = 1_000_000;

/** A line whose event was not taken, and why. */
export interface RejectedEvent {
  line: number;
  message: string;
}

/** What is sent in one call, and what stood between it and cannot be sent. */
export interface Batch {
  /** Each event as JSON, and the line on which it begins. */
  events: { line: number; json: string }[];
  rejected: RejectedEvent[];
  /** How many bytes of the input had been read when it was complete. */
  readTo: number;
}

/**
 * Puts events together, at most 500 and 1 MB of them, and sets aside what the service would refuse
 * the whole batch for.
 *
 * @param entries as they were read
 * @throws what reading throws, once all that was read before it has been given
 */
export async function* batchesOf(entries: AsyncIterable<Entry>): AsyncGenerator<Batch> {
  let batch = emptyBatch();
  let bytes = 0;
  let failure: { error: unknown } | undefined;
  try {
    for await (const entry of entries) {
      const one = readyToSend(entry);
      const size = 'json' in one ? Buffer.byteLength(one.json) : 0;
      if (bytes + size > MOST_BYTES || countOf(batch) === MOST_EVENTS) {
        yield batch;
        batch = emptyBatch();
        bytes = 0;
      }
      if ('json' in one) batch.events.push(one);
      else batch.rejected.push(one);
      batch.readTo = entry.readTo;
      bytes += size;
    }
  } catch (error) {
    failure = { error };
  }
  if (countOf(batch) > 0) yield batch;
  if (failure !== undefined) throw failure.error;
}

function readyToSend(entry: Entry): Batch['events'][number] | RejectedEvent {
  const { line } = entry;
  if ('problem' in entry) return { line, message: entry.problem };
  try {
    checkEventLimits(entry.event);
    return { line, json: JSON.stringify(entry.event) };
  } catch (error) {
    if (error instanceof Rejection) return { line, message: error.message };
    throw error;
  }
}

function emptyBatch(): Batch {
  return { events: [], rejected: [], readTo: 0 };
}

function countOf({ events, rejected }: Batch): number {
  return events.length + rejected.length;
}
