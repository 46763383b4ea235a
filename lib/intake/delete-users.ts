import pMap from 'p-map';
import type { Deletions, Holdings } from '../ledger/deletions.ts';
import type { InteractionKey } from '../ledger/entry.ts';
import { SECOND_MS } from '../runtime/durations.ts';

/** Orders, and then users, that are worked on at the same time. */
const CONCURRENT_ORDERS = 50;
const CONCURRENT_USERS = 10;
/**
 * How long a request deletes by itself. A single call is answered within 5 seconds; `redeliver` does
 * the rest.
 */
const WORK_MS = 1.5 * SECOND_MS;

/** When each user is to be deleted, ms since the epoch, by the `userPartition`. */
export type UserDeletions = Map<string, number>;

/**
 * Orders the deletion of users, and deletes at once as much as there is time for. Once all orders are
 * written, nothing is lost: `redeliver` completes them.
 *
 * @param signal no order is written after it is aborted
 * @returns the keys of the interactions that are deleted already
 * @throws if the ledger fails. Sending the same again is safe
 */
export async function deleteUsers(
  deletions: Pick<Deletions, 'order' | 'deleteNow'>,
  users: UserDeletions,
  signal: AbortSignal | undefined,
): Promise<InteractionKey[]> {
  const options = { concurrency: CONCURRENT_ORDERS, ...(signal && { signal }) };
  await pMap(users, ([user, at]) => deletions.order(user, at), options);
  const hasTime = startWork();
  const deleted = await pMap(
    users,
    async ([user, at]) => (hasTime() ? deletions.deleteNow(user, at, hasTime) : []),
    { concurrency: CONCURRENT_USERS },
  );
  return deleted.flat();
}

/** Counts what `deleteUsers` would delete. If there is much of it, there may be more. */
export async function countUsers(
  deletions: Pick<Deletions, 'count'>,
  users: UserDeletions,
): Promise<Map<string, Holdings>> {
  const hasTime = startWork();
  const counted = await pMap(
    users,
    async ([user, at]) => [user, await deletions.count(user, at, hasTime)] as const,
    { concurrency: CONCURRENT_USERS },
  );
  return new Map(counted);
}

function startWork(): () => boolean {
  const end = Date.now() + WORK_MS;
  return () => Date.now() < end;
}
