import type { Post } from './post.ts';
import type { InputEvent, NamedResult } from './read-events.ts';

/**
 * Far below the limits of the service, 4,000 events and 5 MB: even a slow local stack answers in the
 * 9 seconds that a batch may take.
 */
const MAX_EVENTS = 200;
const MAX_BYTES = 1_000_000;

/**
 * Sends events in batches, one after the other. So of several events of a contact's day, the first
 * one in the input counts.
 *
 * @param events in the order of the input
 * @param post sends a batch
 * @returns the results of each batch, in the order of the input
 * @throws whatever reading or sending throws. What was read before a failure is sent first
 */
export async function* sendEvents(
  events: AsyncIterable<InputEvent>,
  post: Post,
): AsyncGenerator<NamedResult[]> {
  for await (const batch of toBatches(events)) {
    const jsons = batch.flatMap((event) => ('json' in event ? [event.json] : []));
    const results = (jsons.length === 0 ? [] : await post(jsons)).values();
    yield batch.map((event) =>
      'json' in event ? { name: event.name, status: 'rejected', ...results.next().value } : event,
    );
  }
}

async function* toBatches(events: AsyncIterable<InputEvent>): AsyncGenerator<InputEvent[]> {
  let batch: InputEvent[] = [];
  let bytes = 0;
  try {
    for await (const event of events) {
      const size = 'json' in event ? Buffer.byteLength(event.json) : 0;
      if (batch.length === MAX_EVENTS || bytes + size > MAX_BYTES) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(event);
      bytes += size;
    }
  } catch (error) {
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (batch.length > 0) yield batch;
}
