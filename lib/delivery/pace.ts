import { SECOND_MS } from '../runtime/durations.ts';

/**
 * Spreads due times, so that Nat does not get everything at once.
 *
 * @param perSecond how many are due in one second
 * @returns a function that gives the next due time, the present or later, in ms since the epoch
 */
export function createPace(perSecond: number): () => number {
  let next = 0;
  return () => {
    const dueAt = Math.max(next, Date.now());
    next = dueAt + SECOND_MS / perSecond;
    return dueAt;
  };
}
