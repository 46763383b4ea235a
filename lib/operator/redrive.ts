import pMap from 'p-map';
import * as z from 'zod/mini';
import type { InteractionKey } from '../ledger/entry.ts';
import type { Page, Repairs } from '../ledger/repairs.ts';
import type { Item } from '../runtime/dynamodb.ts';
import { DEFAULT_REDRIVES_PER_SECOND, type Input } from './commands.ts';
import { OperatorError } from './operator-error.ts';
import { startWork } from './work-time.ts';

const HOUR_MS = 60 * 60 * 1000;
/** What is pending for less may still be on its way through the stream. */
const STUCK_AFTER_MS = HOUR_MS;
const CONCURRENT_WRITES = 20;

/** What the text `next` holds: what was asked for, and how far it has come. */
const cursorSchema = z.object({
  workspace: z.optional(z.string()),
  olderThanMs: z.number(),
  perSecond: z.number(),
  dryRun: z.boolean(),
  /** ms since the epoch. What dies again after that is for another redrive: this one has an end. */
  startedAt: z.number(),
  /** When the next one is due, ms since the epoch: the pace goes on over all invocations. */
  dueAt: z.number(),
  phase: z.enum(['dead', 'stuck']),
  position: z.optional(z.record(z.string(), z.object({ S: z.string() }))),
});

type Redrive = Omit<z.infer<typeof cursorSchema>, 'position'> & { position?: Item | undefined };

/**
 * Makes the command that gives interactions their tries again: dead ones first, then stuck ones,
 * page by page for 45 seconds. What was redriven is not found again, so it can be cut off anywhere
 * and run again.
 *
 * @param repairs the table of interactions
 * @param remainingMs how long the invocation may still take, ms
 */
export function createRedrive(repairs: Repairs, remainingMs: () => number) {
  return async function redrive(input: Input<'interactions.redrive'>) {
    const hasTime = startWork(remainingMs);
    const state = input.from === undefined ? startRedrive(input) : resumeRedrive(input.from, input);
    const { dryRun } = state;
    const figures = { dead: 0, stuck: 0, scanned: 0 };
    do {
      const page = await nextPage(state);
      figures.scanned += page.scanned;
      figures[state.phase] += dryRun ? page.entries.length : await redriveAll(page.entries, state);
      state.position = page.next;
      if (page.next === undefined) {
        if (state.phase === 'stuck') return { ...figures, dryRun, done: true };
        state.phase = 'stuck';
      }
    } while (hasTime());
    return { ...figures, dryRun, done: false, next: toCursor(state) };
  };

  function nextPage(state: Redrive): Promise<Page<InteractionKey>> {
    const { phase, workspace, startedAt: begunAt, olderThanMs, position } = state;
    if (phase === 'dead') {
      return repairs.findQueued('dead', { workspace, before: begunAt - olderThanMs }, position);
    }
    const before = begunAt - Math.max(olderThanMs, STUCK_AFTER_MS);
    return repairs.findStuck({ workspace, before }, position);
  }

  /** @returns how many took effect: somebody else may have settled or redriven one meanwhile */
  async function redriveAll(keys: InteractionKey[], state: Redrive): Promise<number> {
    const redriven = await pMap(keys, (key) => repairs.redrive(key, takeTurn(state), Date.now()), {
      concurrency: CONCURRENT_WRITES,
    });
    return redriven.filter(Boolean).length;
  }
}

function startRedrive(input: Input<'interactions.redrive'>): Redrive {
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

function resumeRedrive(
  text: string,
  { from: _, ...others }: Input<'interactions.redrive'>,
): Redrive {
  if (Object.values(others).some((value) => value !== undefined)) {
    throw new OperatorError('from: goes on as it was begun, so no other field is taken beside it');
  }
  const state = parseCursor(text);
  return { ...state, dueAt: Math.max(state.dueAt, Date.now()) };
}

function parseCursor(text: string): Redrive {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new OperatorError('from: expected the `next` of an earlier answer');
  }
}

function toCursor(state: Redrive): string {
  return Buffer.from(JSON.stringify(state)).toString('base64url');
}

/** Due times are spread, `perSecond` in each second, so that Nat is not met by all of it at once. */
function takeTurn(state: Redrive): number {
  const dueAt = Math.floor(state.dueAt / 1000) * 1000;
  state.dueAt += 1000 / state.perSecond;
  return dueAt;
}
