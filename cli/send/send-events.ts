import { type Batch, batchesOf, type RejectedEvent } from './batches.ts';
import type { Post, Result } from './post.ts';
import { readEvents } from './read-events.ts';

/** How many events came to what. */
export type Counts = Record<Result['status'], number>;

/** What became of a batch. */
export interface Settled {
  counts: Counts;
  /** In the order of the input. */
  rejected: RejectedEvent[];
  /** How many bytes of the input are settled with it. */
  readTo: number;
}

/**
 * Reads events and sends them, and says what became of each batch. One batch after the other, so
 * that of several events of a contact's day the first in the input counts; the service writes those
 * of a batch side by side.
 *
 * @param source the input, in any of the forms of `readEvents`
 * @param post sends a batch
 * @throws what reading or sending throws, after what was settled before it
 */
export async function* sendEvents(
  source: AsyncIterable<Uint8Array>,
  post: Post,
): AsyncGenerator<Settled> {
  for await (const batch of batchesOf(readEvents(source))) yield await settle(batch, post);
}

async function settle({ events, rejected, readTo }: Batch, post: Post): Promise<Settled> {
  const results = events.length === 0 ? [] : await post(events.map(({ json }) => json));
  const refused = events.flatMap(({ line }, n) => {
    const { status, message = 'no reason was given' } = results[n] ?? {};
    return status === 'rejected' ? [{ line, message }] : [];
  });
  const counts = { accepted: 0, duplicate: 0, ignored: 0, rejected: rejected.length };
  for (const { status } of results) counts[status] += 1;
  return { counts, rejected: [...rejected, ...refused].sort((a, b) => a.line - b.line), readTo };
}
