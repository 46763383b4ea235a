/** `aws lambda invoke` hears nothing for a minute, then hangs up and calls again. */
const WORK_MS = 45_000;

/**
 * Starts the time that an invocation works on a long command before it answers with what it has.
 *
 * @param remainingMs how long the invocation may still take, ms
 * @returns whether there is time for another page
 */
export function startWork(remainingMs: () => number): () => boolean {
  const end = remainingMs() - WORK_MS;
  return () => remainingMs() > end;
}
