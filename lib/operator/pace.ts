import pMap from 'p-map';
import * as v from 'valibot';
import { CONCURRENT_REPAIRS } from '../ledger/repairs.ts';
import { SECOND_MS } from '../runtime/durations.ts';

/** Spreads due times, so that Nat does not get all interactions at once. */
export const paceSchema = v.object({
  perSecond: v.number(),
  /** When the next interaction becomes due, ms since the epoch. */
  dueAt: v.number(),
});

type Pace = v.InferOutput<typeof paceSchema>;

/**
 * Gives each interaction of a page its turn: `perSecond` become due in each second.
 *
 * @param pace is moved on
 * @param write gives an interaction a due time, ms since the epoch; false if it needs none
 * @returns how many got one
 */
export async function spread<T>(
  page: T[],
  pace: Pace,
  write: (one: T, dueAt: number) => Promise<boolean>,
): Promise<number> {
  const turnMs = SECOND_MS / pace.perSecond;
  const written = await pMap(
    page,
    async (one) => {
      const dueAt = Math.floor(pace.dueAt / SECOND_MS) * SECOND_MS;
      pace.dueAt += turnMs;
      const tookTurn = await write(one, dueAt);
      if (!tookTurn) pace.dueAt -= turnMs;
      return tookTurn;
    },
    { concurrency: CONCURRENT_REPAIRS },
  );
  return written.filter(Boolean).length;
}
