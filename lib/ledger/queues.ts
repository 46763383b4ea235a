import { createHash } from 'node:crypto';
import type { InteractionKey } from './entry.ts';

/** Partitions of the index of what is due, so that redeliver can read them side by side. */
export const RETRY_SHARDS = 4;
/** The names of those partitions. */
export const RETRY_QUEUES = Array.from({ length: RETRY_SHARDS }, (_, shard) => retryQueue(shard));

/** The partition of the index in which an interaction waits for its next try. */
export function retryQueueOf({ contact }: InteractionKey): string {
  const [byte = 0] = createHash('sha256').update(contact).digest();
  return retryQueue(byte % RETRY_SHARDS);
}

export function retryQueue(shard: number): string {
  return `retry#${shard}`;
}
