import pMap from 'p-map';
import * as v from 'valibot';
import type { InteractionKey } from '../ledger/entry.ts';
import { CONCURRENT_REPAIRS, type Repairs } from '../ledger/repairs.ts';
import { isAboutUser } from '../ledger/user-key.ts';
import { isoInstant } from '../runtime/iso-instant.ts';
import { endKeys } from '../workspaces/master-record.ts';
import type { Registry } from '../workspaces/registry.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../workspaces/workspace-cache.ts';
import type { Input } from './commands.ts';
import { parseCursor, positionSchema, toCursor } from './cursor.ts';
import { OperatorError } from './operator-error.ts';
import { unknownWorkspace } from './unknown-workspace.ts';
import { walk } from './walk.ts';
import { startWorkTime } from './work-time.ts';

const progressSchema = v.object({
  workspace: v.string(),
  /** When the removal began. Absent if the interactions are only counted. */
  removedAt: v.optional(isoInstant),
  /** When no function uses the keys any more, ms since the epoch. */
  deletesFrom: v.number(),
  sources: v.array(v.literal('table')),
  position: positionSchema,
});

type Progress = v.InferOutput<typeof progressSchema>;

/**
 * Creates the command that removes a workspace: it ends the keys, deletes the interactions, and then
 * the records. Before it deletes, it waits until no function uses the keys any more; otherwise an
 * event could still be accepted behind it. It works page by page until its time is up, and then
 * answers how to continue. The master record goes last, so an interrupted removal can be run again.
 *
 * @param remainingMs how much time the invocation has left, ms
 */
export function createRemoval(registry: Registry, repairs: Repairs, remainingMs: () => number) {
  return {
    async start({ workspace, dryRun }: Input<'workspace.remove'>) {
      const removedAt = dryRun === true ? await checkIsThere(workspace) : await endAll(workspace);
      // Not from `removedAt`: if an earlier call was cut off, some keys have ended only now.
      const deletesFrom = dryRun === true ? 0 : Date.now() + WORKSPACE_CHANGE_VISIBLE_AFTER_MS;
      return run({ workspace, removedAt, deletesFrom, sources: ['table'] });
    },

    /** @param from the `next` of an earlier answer */
    async resume(from: string) {
      const progress = parseCursor(progressSchema, from);
      const master = await registry.find(progress.workspace);
      if (progress.removedAt !== undefined && master?.removedAt !== progress.removedAt) {
        throw new OperatorError('from: this removal has ended; workspace.list shows what there is');
      }
      return run(progress);
    },
  };

  async function run(progress: Progress) {
    const counts = { pending: 0, retrying: 0, delivered: 0, dead: 0, scanned: 0 };
    const dryRun = progress.removedAt === undefined;
    if (Date.now() < progress.deletesFrom) {
      const resumeAt = new Date(progress.deletesFrom).toISOString();
      return { ...counts, dryRun, done: false, next: toCursor(progress), resumeAt };
    }
    const done = await walk(
      progress,
      (_table, position) => {
        const scope = { workspace: progress.workspace, withUsers: true };
        return repairs.findInTable(scope, position);
      },
      async ({ entries, scanned }) => {
        counts.scanned += scanned;
        const interactions = entries.filter((entry) => !isAboutUser(entry));
        for (const { status = 'dead' } of interactions) counts[status] += 1;
        if (!dryRun) await forgetAll(entries);
      },
      startWorkTime(remainingMs),
    );
    if (done && !dryRun) await deleteRecords(progress);
    return { ...counts, dryRun, done, ...(!done && { next: toCursor(progress) }) };
  }

  async function checkIsThere(workspace: string): Promise<undefined> {
    if ((await registry.find(workspace)) === undefined) throw unknownWorkspace();
  }

  /** @returns when the removal began: a repeated call does not begin again */
  async function endAll(workspace: string): Promise<string | undefined> {
    const now = Date.now();
    const master = await registry.change(workspace, (current) => ({
      ...current,
      removedAt: current.removedAt ?? new Date(now).toISOString(),
      keys: endKeys(current.keys, () => true, now),
    }));
    if (master === undefined) throw unknownWorkspace();
    return master.removedAt;
  }

  async function forgetAll(entries: InteractionKey[]): Promise<void> {
    await pMap(entries, repairs.forget, { concurrency: CONCURRENT_REPAIRS });
  }

  /** Another command may change the workspace at the same time: `secrets.rotate` seals its keys again. */
  async function deleteRecords({ workspace, removedAt }: Progress): Promise<void> {
    for (;;) {
      const master = await registry.find(workspace);
      if (master === undefined || master.removedAt !== removedAt) return;
      if (await registry.delete(master)) return;
    }
  }
}
