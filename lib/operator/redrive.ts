import pMap from 'p-map';
import * as z from 'zod/mini';
import type { InteractionKey } from '../ledger/entry.ts';
import { DEAD_QUEUE } from '../ledger/queues.ts';
import { CONCURRENT_REPAIRS, type Repairs } from '../ledger/repairs.ts';
import { STUCK_AFTER_MS } from '../ledger/status/pending.ts';
import { HOUR_MS, SECOND_MS } from '../runtime/durations.ts';
import type { Page } from '../runtime/dynamodb/pages.ts';
import { DEFAULT_REDRIVES_PER_SECOND, type Input } from './commands.ts';
import { OperatorError } from './operator-error.ts';
import { startWorkTime } from './work-time.ts';

/** How far a redrive is. The `next` of an answer holds it as text. */
const progressSchema = z.object({
  workspace: z.optional(z.string()),
  olderThanMs: z.number(),
  perSecond: z.number(),
  dryRun: z.boolean(),
  /** ms since the epoch. What dies later is left to another redrive, so that this one ends. */
  startedAt: z.number(),
  /** When the next interaction becomes due, ms since the epoch. */
  dueAt: z.number(),
  phase: z.enum(['dead', 'stuck']),
  /** Where the next page of the phase starts. */
  position: z.optional(z.record(z.string(), z.object({ S: z.string() }))),
});

type Progress = Omit<z.infer<typeof progressSchema>, 'position'> & {
  position?: Page<InteractionKey>['next'];
};

/**
 * Creates the command that gives interactions all their tries again: first the dead ones, then the
 * stuck ones. It works page by page until its time is up, and then answers how to continue. A
 * redriven interaction is not found again, so an interrupted redrive can be run again.
 *
 * @param remainingMs how much time the invocation has left, ms
 */
export function createRedrive(repairs: Repairs, remainingMs: () => number) {
  return async function redrive(input: Input<'interactions.redrive'>) {
    const hasTime = startWorkTime(remainingMs);
    const progress = input.from === undefined ? start(input) : resume(input.from, input);
    const { dryRun } = progress;
    const counts = { dead: 0, stuck: 0, scanned: 0 };
    for await (const { entries, scanned, next } of findPages(progress)) {
      const { phase } = progress;
      counts.scanned += scanned;
      counts[phase] += dryRun ? entries.length : await redriveAll(entries, progress);
      if (next === undefined && phase === 'stuck') break;
      if (next === undefined) progress.phase = 'stuck';
      progress.position = next;
      if (!hasTime()) return { ...counts, dryRun, done: false, next: toText(progress) };
    }
    return { ...counts, dryRun, done: true };
  };

  /** Reads both phases from where the progress is. The caller moves the progress on. */
  async function* findPages(progress: Progress): AsyncGenerator<Page<InteractionKey>> {
    const { workspace, startedAt, olderThanMs } = progress;
    if (progress.phase === 'dead') {
      const scope = { workspace, dueUntil: startedAt - olderThanMs };
      yield* repairs.findQueued(DEAD_QUEUE, scope, progress.position);
    }
    const acceptedUntil = startedAt - Math.max(olderThanMs, STUCK_AFTER_MS);
    yield* repairs.findStuck({ workspace, acceptedUntil }, progress.position);
  }

  /** @returns how many it redrove: somebody else may have settled or redriven the others */
  async function redriveAll(keys: InteractionKey[], progress: Progress): Promise<number> {
    const redriven = await pMap(
      keys,
      (key) => repairs.redrive(key, takeTurn(progress), Date.now()),
      { concurrency: CONCURRENT_REPAIRS },
    );
    return redriven.filter(Boolean).length;
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
    phase: 'dead',
  };
}

function resume(text: string, { from: _, ...others }: Input<'interactions.redrive'>): Progress {
  if (Object.values(others).some((value) => value !== undefined)) {
    throw new OperatorError('from: continues with the first options; give no other option with it');
  }
  const progress = parseProgress(text);
  return { ...progress, dueAt: Math.max(progress.dueAt, Date.now()) };
}

function parseProgress(text: string): Progress {
  try {
    return progressSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new OperatorError('from: must be the `next` of an earlier answer');
  }
}

function toText(progress: Progress): string {
  return Buffer.from(JSON.stringify(progress)).toString('base64url');
}

/** Spreads the due times, `perSecond` in each second, so that Nat does not get all at once. */
function takeTurn(progress: Progress): number {
  const dueAt = Math.floor(progress.dueAt / SECOND_MS) * SECOND_MS;
  progress.dueAt += SECOND_MS / progress.perSecond;
  return dueAt;
}
