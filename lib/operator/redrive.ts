import * as v from 'valibot';
import { DEAD_QUEUE } from '../ledger/queues.ts';
import type { Repairs } from '../ledger/repairs.ts';
import { STUCK_AFTER_MS } from '../ledger/status/pending.ts';
import { HOUR_MS } from '../runtime/durations.ts';
import type { Input } from './commands.ts';
import { parseCursor, positionSchema, toCursor } from './cursor.ts';
import { DEFAULT_REDRIVES_PER_SECOND } from './fields.ts';
import { paceSchema, spread } from './pace.ts';
import { walk } from './walk.ts';
import { startWorkTime } from './work-time.ts';

/** How far a redrive is. The `next` of an answer holds it as text. */
const progressSchema = v.object({
  ...paceSchema.entries,
  workspace: v.optional(v.string()),
  olderThanMs: v.number(),
  dryRun: v.boolean(),
  /** ms since the epoch. What dies later is left to another redrive, so that this one ends. */
  startedAt: v.number(),
  sources: v.array(v.picklist(['dead', 'stuck'])),
  position: positionSchema,
});

type Progress = v.InferOutput<typeof progressSchema>;

/**
 * Creates the command that gives interactions all their tries again: first the dead ones, then the
 * stuck ones. It works page by page until its time is up, and then answers how to continue. A
 * redriven interaction is not found again, so an interrupted redrive can be run again.
 *
 * @param remainingMs how much time the invocation has left, ms
 */
export function createRedrive(repairs: Repairs, remainingMs: () => number) {
  return {
    start: (input: Input<'interactions.redrive'>) => run(start(input)),
    /** @param from the `next` of an earlier answer */
    resume(from: string) {
      const progress = parseCursor(progressSchema, from);
      return run({ ...progress, dueAt: Math.max(progress.dueAt, Date.now()) });
    },
  };

  async function run(progress: Progress) {
    const { dryRun } = progress;
    const counts = { dead: 0, stuck: 0, scanned: 0 };
    const done = await walk(
      progress,
      (source, position) => find(source, progress, position),
      async ({ entries, scanned }, source) => {
        counts.scanned += scanned;
        counts[source] += dryRun
          ? entries.length
          : await spread(entries, progress, (key, dueAt) =>
              repairs.redrive(key, dueAt, Date.now()),
            );
      },
      startWorkTime(remainingMs),
    );
    return { ...counts, dryRun, done, ...(!done && { next: toCursor(progress) }) };
  }

  function find(
    source: Progress['sources'][number],
    { workspace, startedAt, olderThanMs }: Progress,
    position: Progress['position'],
  ) {
    if (source === 'dead') {
      const scope = { workspace, dueUntil: startedAt - olderThanMs };
      return repairs.findQueued(DEAD_QUEUE, scope, position);
    }
    const acceptedUntil = startedAt - Math.max(olderThanMs, STUCK_AFTER_MS);
    return repairs.findStuck({ workspace, acceptedUntil }, position);
  }
}

function start(input: Input<'interactions.redrive'>): Progress {
  const now = Date.now();
  return {
    workspace: input.workspace,
    olderThanMs: (input.olderThanHours ?? 0) * HOUR_MS,
    perSecond: input.perSecond ?? DEFAULT_REDRIVES_PER_SECOND,
    dryRun: input.dryRun ?? false,
    startedAt: now,
    dueAt: now,
    sources: ['dead', 'stuck'],
  };
}
