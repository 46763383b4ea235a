import * as v from 'valibot';
import type { DueEntry } from '../ledger/entry.ts';
import { RETRY_QUEUES } from '../ledger/queues.ts';
import type { Repairs } from '../ledger/repairs.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../workspaces/workspace-cache.ts';
import { parseCursor, positionSchema, toCursor } from './cursor.ts';
import { DEFAULT_REDRIVES_PER_SECOND } from './fields.ts';
import { paceSchema, spread } from './pace.ts';
import { walk } from './walk.ts';
import { startWorkTime } from './work-time.ts';

const progressSchema = v.object({
  ...paceSchema.entries,
  /** Releases what waits for a new key, or makes due earlier whatever is waiting. */
  kind: v.picklist(['release', 'hasten']),
  workspace: v.optional(v.string()),
  dryRun: v.boolean(),
  sources: v.array(v.string()),
  position: positionSchema,
});

type Progress = v.InferOutput<typeof progressSchema>;

const kindSchema = v.looseObject({ kind: v.optional(v.string()) });

/** The options of the commands that use this. */
interface Options {
  workspace?: string | undefined;
  perSecond?: number | undefined;
  dryRun?: boolean | undefined;
}

/**
 * Creates what works on the interactions that wait for their next try, at the pace of a redrive. It
 * works page by page until its time is up, and then answers how to continue. It can be run again:
 * what was released, or is due early enough, is left as it is.
 *
 * @param remainingMs how much time the invocation has left, ms
 */
export function createWaitingRepairs(repairs: Repairs, remainingMs: () => number) {
  return {
    /**
     * After a new key for Nat: gives what waits for it all its tries again. The first of them is
     * due when no container uses the old key any more.
     */
    async release({ workspace, perSecond }: Options) {
      const dueAt = Date.now() + WORKSPACE_CHANGE_VISIBLE_AFTER_MS;
      return run(start('release', { workspace, perSecond }, dueAt));
    },

    /** After an outage of Nat: makes the next try of what is waiting due earlier. */
    async hasten(options: Options) {
      return run(start('hasten', options, Date.now()));
    },

    /** true if this answered the `next`, and not the redrive of dead interactions */
    isOwn: (from: string): boolean => parseCursor(kindSchema, from).kind !== undefined,

    /** @param from the `next` of an earlier answer */
    async resume(kind: Progress['kind'], from: string) {
      const progress = parseCursor(
        v.pipe(
          progressSchema,
          v.check((one) => one.kind === kind),
        ),
        from,
      );
      return run({ ...progress, dueAt: Math.max(progress.dueAt, Date.now()) });
    },
  };

  async function run(progress: Progress) {
    const { kind, workspace, dryRun } = progress;
    const counts = { found: 0, scanned: 0 };
    const done = await walk(
      progress,
      (queue, position) => repairs.findQueued(queue, { workspace }, position),
      async ({ entries, scanned }) => {
        counts.scanned += scanned;
        counts.found += dryRun
          ? countLater(entries)
          : await spread(entries, progress, repair(kind));
      },
      startWorkTime(remainingMs),
    );
    const { found, scanned } = counts;
    const answer =
      kind === 'release' ? { released: found, scanned } : { waiting: found, scanned, dryRun };
    return { ...answer, done, ...(!done && { next: toCursor(progress) }) };
  }

  function repair(kind: Progress['kind']) {
    return (due: DueEntry, dueAt: number) =>
      kind === 'release'
        ? repairs.releaseAfterNewKey(due, dueAt, Date.now())
        : repairs.hasten(due, dueAt, Date.now());
  }
}

/** How many of these are not due yet. */
function countLater(entries: DueEntry[]): number {
  const now = new Date().toISOString();
  return entries.filter(({ dueAt }) => dueAt > now).length;
}

function start(kind: Progress['kind'], options: Options, dueAt: number): Progress {
  return {
    kind,
    workspace: options.workspace,
    dryRun: options.dryRun ?? false,
    perSecond: options.perSecond ?? DEFAULT_REDRIVES_PER_SECOND,
    dueAt,
    sources: [...RETRY_QUEUES],
  };
}
