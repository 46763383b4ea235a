import pMap from 'p-map';
import type { Ledger } from '../ledger/ledger.ts';
import { MAX_INSERTS } from '../runtime/dynamodb/insert-all.ts';
import type { Candidate } from './read-task.ts';

/** Writes at the same time, each a call of its own. */
const CONCURRENT_WRITES = 50;
/** Calls at the same time that insert `MAX_INSERTS` interactions each. */
const CONCURRENT_INSERTS = 8;

/** How candidates are written. */
export interface WriteOptions {
  /** The header `traceparent` of the request, if it is valid. */
  traceparent?: string | undefined;
  /** No write starts after it is aborted. */
  signal?: AbortSignal | undefined;
}

/** What writing needs of the ledger. */
export type WriteLedger = Pick<Ledger, 'accept' | 'insertNew' | 'remember'>;

/**
 * Writes an interaction for each candidate whose day is free.
 *
 * @param candidates of which no two have the same key
 * @returns those that were written
 * @throws if the ledger fails, or the signal is aborted; some may have been written
 */
export async function writeNew(
  ledger: WriteLedger,
  candidates: Candidate[],
  { signal, traceparent }: WriteOptions,
): Promise<Set<Candidate>> {
  const written = new Set<Candidate>();
  // Before the interactions: a deletion must find them, whatever happens between the two writes.
  await forEach(candidates.filter(hasUser), CONCURRENT_WRITES, async ({ user, key, at }) => {
    await ledger.remember(user, key.contact, at);
  });
  if (candidates.length > 1) {
    await forEach(chunksOf(candidates, MAX_INSERTS), CONCURRENT_INSERTS, async (chunk) => {
      const inserted = await ledger.insertNew(chunk.map(toInteraction));
      for (const candidate of chunk.filter((_, index) => inserted[index])) written.add(candidate);
    });
  }
  const rest = candidates.filter((candidate) => !written.has(candidate));
  await forEach(rest, CONCURRENT_WRITES, async (candidate) => {
    const { key, event, at } = toInteraction(candidate);
    if (await ledger.accept(key, event, at)) written.add(candidate);
  });
  return written;

  function forEach<T>(list: T[], concurrency: number, write: (one: T) => Promise<void>) {
    const writeInTime = async (one: T): Promise<void> => {
      signal?.throwIfAborted();
      await write(one);
    };
    return pMap(list, writeInTime, { concurrency });
  }

  function toInteraction({ key, at, interaction: { email, timestamp, description } }: Candidate) {
    const trace = traceparent === undefined ? {} : { traceparent };
    return { key, at, event: { email, timestamp, description, ...trace } };
  }
}

function hasUser(candidate: Candidate): candidate is Candidate & { user: string } {
  return candidate.user !== undefined;
}

function chunksOf<T>(list: T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < list.length; from += size) chunks.push(list.slice(from, from + size));
  return chunks;
}
