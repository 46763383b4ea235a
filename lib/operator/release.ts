import pMap from 'p-map';
import { RETRY_QUEUES } from '../ledger/queues.ts';
import { CONCURRENT_REPAIRS, type Repairs } from '../ledger/repairs.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../workspaces/workspace-cache.ts';

/**
 * After a new key for Nat: makes due what the old key kept waiting, as soon as no container uses the
 * old key any more.
 */
export async function releaseAfterNewKey(repairs: Repairs, workspace: string): Promise<void> {
  await pMap(RETRY_QUEUES, async (queue) => {
    for await (const { entries } of repairs.findQueued(queue, { workspace })) {
      const now = Date.now();
      const dueAt = now + WORKSPACE_CHANGE_VISIBLE_AFTER_MS;
      await pMap(entries, (entry) => repairs.releaseAfterNewKey(entry, dueAt, now), {
        concurrency: CONCURRENT_REPAIRS,
      });
    }
  });
}
