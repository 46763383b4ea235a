import { type InteractionKey, workspaceIdOf } from '../ledger/entry.ts';
import { SECOND_MS } from '../runtime/durations.ts';
import { type Delivery, type DeliveryResult, MAX_ATTEMPT_MS } from './attempt.ts';
import { createFailureStreaks } from './failure-streaks.ts';
import { createLanes } from './lanes.ts';

/** Calls that take longer hold up the batch, and what is behind it in the stream. */
export const SLOW_CALL_MS = 3 * SECOND_MS;

/**
 * Creates what delivers new interactions, batch by batch. It remembers between batches which
 * workspaces fail or are slow: their interactions are put off unsent, and `redeliver` sends them.
 */
export function createFirstDelivery({
  deliverPending,
  putOff,
}: Pick<Delivery, 'deliverPending' | 'putOff'>) {
  const streaks = createFailureStreaks(SLOW_CALL_MS);

  /**
   * @param remainingMs how much time is left for the batch, ms
   * @returns delivers one interaction of the batch; throws if the ledger fails
   */
  return (remainingMs: () => number) => {
    const lanes = createLanes(streaks);
    return (key: InteractionKey): Promise<DeliveryResult> => {
      const workspace = workspaceIdOf(key);
      return lanes.run(workspace, () => {
        const hasTime = remainingMs() >= MAX_ATTEMPT_MS;
        if (!hasTime || !streaks.mayTry(workspace)) return putOff(key);
        return streaks.follow(workspace, () => deliverPending(key));
      });
    };
  };
}
