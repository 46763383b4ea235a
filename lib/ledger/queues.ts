import { createHash } from 'node:crypto';
import type { InteractionKey } from './entry.ts';

/** There are several retry queues, so that `redeliver` can read them at the same time. */
const RETRY_QUEUE_COUNT = 4;

/** Where retrying interactions wait for their next try: partitions of the index `due`. */
export const RETRY_QUEUES = Array.from({ length: RETRY_QUEUE_COUNT }, (_, n) => retryQueue(n));

/** Where dead interactions wait for an operator: another partition of the index `due`. */
export const DEAD_QUEUE = 'dead';

/** Where the deletions of users wait until they are completed: another partition of the index `due`. */
export const DELETION_QUEUE = 'deletion';

/** The queue in which an interaction waits for its next try. */
export function retryQueueOf({ contact }: InteractionKey): string {
  const [byte = 0] = createHash('sha256').update(contact).digest();
  return retryQueue(byte % RETRY_QUEUE_COUNT);
}

function retryQueue(number: number): string {
  return `retry#${number}`;
}
