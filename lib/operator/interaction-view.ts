import type { ReadableEntry } from '../ledger/entry.ts';

/** An interaction as operators see it: without the address. */
export function withoutAddress({ event, ...entry }: ReadableEntry) {
  if (event === undefined) return entry;
  const { timestamp, description } = event;
  return { ...entry, timestamp, description };
}
