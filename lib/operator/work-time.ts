import { SECOND_MS } from '../runtime/durations.ts';

/** `aws lambda invoke` gives up after a minute without an answer, and then calls again. */
const COMMAND_WORK_MS = 45 * SECOND_MS;

/**
 * Starts the time that an invocation may spend on a long command before it answers.
 *
 * @param remainingMs how much time the invocation has left, ms
 * @returns a function that is true while there is time for another page
 */
export function startWorkTime(remainingMs: () => number): () => boolean {
  const end = remainingMs() - COMMAND_WORK_MS;
  return () => remainingMs() > end;
}
