import pMap from 'p-map';
import * as v from 'valibot';
import { type InteractionKey, type ReadableEntry, workspaceIdOf } from '../ledger/entry.ts';
import { CONCURRENT_REPAIRS, type Repairs } from '../ledger/repairs.ts';
import {
  asRestored,
  isExpired,
  isUndelivered,
  RESTORED_SUFFIX,
  type UserItem,
} from '../ledger/restored.ts';
import type { Registry } from '../workspaces/registry.ts';
import type { Input } from './commands.ts';
import { parseCursor, positionSchema, toCursor } from './cursor.ts';
import { DEFAULT_REDRIVES_PER_SECOND } from './fields.ts';
import { OperatorError } from './operator-error.ts';
import { paceSchema, spread } from './pace.ts';
import { walk } from './walk.ts';
import { startWorkTime } from './work-time.ts';

const progressSchema = v.object({
  ...paceSchema.entries,
  workspace: v.optional(v.string()),
  dryRun: v.boolean(),
  sources: v.array(v.picklist(['restored', 'users'])),
  position: positionSchema,
});

type Progress = v.InferOutput<typeof progressSchema>;

/**
 * Creates the command that copies back what is missing from a table that was restored beside the one
 * in use. It never changes what is there, so it can be run again. It leaves out what belongs to no
 * workspace, because its customer was removed, and what should be deleted by now.
 *
 * @param remainingMs how much time the invocation has left, ms
 */
export function createRestore(repairs: Repairs, registry: Registry, remainingMs: () => number) {
  return {
    start: ({ workspace, dryRun = false, perSecond }: Input<'interactions.restore'>) =>
      run({
        workspace,
        dryRun,
        perSecond: perSecond ?? DEFAULT_REDRIVES_PER_SECOND,
        dueAt: Date.now(),
        // Last, because the order to delete a user needs the interactions.
        sources: ['restored', 'users'],
      }),
    /** @param from the `next` of an earlier answer */
    resume(from: string) {
      const progress = parseCursor(progressSchema, from);
      return run({ ...progress, dueAt: Math.max(progress.dueAt, Date.now()) });
    },
  };

  async function run(progress: Progress) {
    const { dryRun } = progress;
    const counts = { missing: 0, ofNoWorkspace: 0, unreadable: 0, users: 0, scanned: 0 };
    const isKnown = await knownWorkspaces(progress.workspace);
    const done = await walk(
      progress,
      (source, position) =>
        source === 'users' ? repairs.restored.findUsers(position) : findRestored(position),
      async ({ entries, scanned }, source) => {
        counts.scanned += scanned;
        const inScope = entries.filter((entry) => isInScope(entry, progress));
        if (source === 'users') {
          const users = inScope.filter(isKnown);
          counts.users += await (dryRun ? countMissing(users) : putBackUsers(users));
          return undefined;
        }
        const known = inScope.filter(isKnown);
        counts.ofNoWorkspace += inScope.length - known.length;
        const readable = known.filter((entry) => asRestored(entry, 0, 0) !== undefined);
        counts.unreadable += known.length - readable.length;
        counts.missing += await (dryRun ? countMissing(readable) : putBack(readable, progress));
        return undefined;
      },
      startWorkTime(remainingMs),
    );
    const { missing, ...others } = counts;
    const figures = dryRun ? { missing, ...others } : { restored: missing, ...others };
    return { ...figures, dryRun, done, ...(!done && { next: toCursor(progress) }) };
  }

  async function* findRestored(position: Progress['position']) {
    try {
      yield* repairs.restored.find(position);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
      throw new OperatorError(
        `there is no restored table: restore the table of interactions under its name followed by ${RESTORED_SUFFIX}, as docs/runbook.md shows`,
      );
    }
  }

  /** @throws {OperatorError} if there is no such workspace */
  async function knownWorkspaces(only: string | undefined) {
    const workspaces = (await registry.list()).filter(({ removedAt }) => removedAt === undefined);
    const ids = new Set(workspaces.map(({ id }) => id));
    if (only !== undefined && !ids.has(only)) {
      throw new OperatorError('workspace: there is none with this id that is not being removed');
    }
    return (entry: InteractionKey) => ids.has(workspaceIdOf(entry));
  }

  async function countMissing(entries: InteractionKey[]): Promise<number> {
    const present = await pMap(entries, repairs.read, { concurrency: CONCURRENT_REPAIRS });
    return present.filter((entry) => entry === undefined).length;
  }

  async function putBackUsers(users: UserItem[]): Promise<number> {
    const { putBack: putOne } = repairs.restored;
    const written = await pMap(users, putOne, { concurrency: CONCURRENT_REPAIRS });
    return written.filter(Boolean).length;
  }

  /** Only what must still reach Nat takes a turn. */
  async function putBack(entries: ReadableEntry[], progress: Progress): Promise<number> {
    const waiting = Map.groupBy(entries, isUndelivered);
    const others = await pMap(waiting.get(false) ?? [], (entry) => put(entry, Date.now()), {
      concurrency: CONCURRENT_REPAIRS,
    });
    return others.filter(Boolean).length + (await spread(waiting.get(true) ?? [], progress, put));
  }

  async function put(entry: ReadableEntry, dueAt: number): Promise<boolean> {
    const restored = asRestored(entry, dueAt, Date.now());
    return restored !== undefined && repairs.restored.putBack(restored);
  }
}

function isInScope(entry: ReadableEntry | UserItem, { workspace }: Progress): boolean {
  const isAskedFor = workspace === undefined || workspaceIdOf(entry) === workspace;
  return isAskedFor && !isExpired(entry, Date.now());
}
