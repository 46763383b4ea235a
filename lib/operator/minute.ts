/** Long enough to get far, short enough to say how far, ms. Lambda would let it work for 15 times that. */
const MINUTE_MS = 60_000;

/**
 * Starts the time that an invocation works on a long command before it answers with what it has.
 *
 * @param remainingMs how long the invocation may still take, ms
 * @returns whether there is time for another page
 */
export function startMinute(remainingMs: () => number): () => boolean {
  const end = remainingMs() - MINUTE_MS;
  return () => remainingMs() > end;
}
