import pMap from 'p-map';
import type { Item } from '../dynamodb.ts';
import { parseEmail } from '../email.ts';
import { type InteractionKey, type Ledger, RETRY_SHARDS } from '../ledger.ts';
import type { Page, Repairs } from '../repairs.ts';
import type { Secrets } from '../secrets.ts';
import type { Workspaces } from '../workspaces.ts';
import { DEFAULT_REDRIVES_PER_SECOND, type Handlers, type Input } from './commands.ts';
import { OperatorError } from './operator-error.ts';

const HOUR_MS = 60 * 60 * 1000;
/** What is pending for less may still be on its way through the stream. */
const STUCK_AFTER_MS = HOUR_MS;
const CONCURRENT_WRITES = 20;
/** No page of a long command is begun with less time left, ms. */
const PAGE_MS = 30_000;

/** What the operator's commands work with. */
export interface InteractionParts {
  ledger: Ledger;
  repairs: Repairs;
  workspaces: Workspaces;
  secrets: Secrets;
  /** How long the invocation may still take, ms. */
  remainingMs: () => number;
}

/** The commands that look at interactions and repair them. */
export function createInteractionCommands(parts: InteractionParts) {
  const { repairs, workspaces, secrets } = parts;
  return {
    'interactions.show': async (input) => {
      const entries = await repairs.interactionsOf(await contactOf(input));
      return {
        interactions: entries.map(({ event, ...entry }) => ({ ...entry, ...shown(event) })),
      };
    },
    'interactions.redrive': redrive,
    'contact.forget': async (input) => {
      const entries = await repairs.interactionsOf(await contactOf(input));
      await pMap(entries, repairs.forget, { concurrency: CONCURRENT_WRITES });
      return { forgotten: entries.length };
    },
    stats: async () => {
      const queues = Array.from({ length: RETRY_SHARDS }, (_, shard) => `retry#${shard}`);
      const retrying = await Promise.all(queues.map(repairs.countQueued));
      const dead = await repairs.countQueued('dead');
      return {
        retrying: retrying.reduce((sum, { count }) => sum + count, 0),
        nextDueAt: retrying.flatMap(({ firstDueAt }) => firstDueAt ?? []).sort()[0] ?? null,
        dead: dead.count,
        oldestDeadSince: dead.firstDueAt ?? null,
      };
    },
  } satisfies Partial<Handlers>;

  /**
   * Dead interactions first, then stuck ones, page by page until the time is up. What was redriven
   * is not found again, so it can be cut off and run again.
   */
  async function redrive(input: Input<'interactions.redrive'>) {
    const now = Date.now();
    const paced = createPace(now, input.perSecond ?? DEFAULT_REDRIVES_PER_SECOND);
    const olderThanMs = (input.olderThanHours ?? 0) * HOUR_MS;
    const dead = { workspace: input.workspace, before: now - olderThanMs };
    const stuck = { ...dead, before: now - Math.max(olderThanMs, STUCK_AFTER_MS) };
    const result = { dead: 0, stuck: 0, dryRun: input.dryRun ?? false, done: false };
    const deadDone = await eachPage(
      (from) => repairs.findQueued('dead', dead, from),
      async (keys) => {
        result.dead += await redrivePage(keys);
      },
    );
    if (!deadDone) return result;
    result.done = await eachPage(
      (from) => repairs.findStuck(stuck, from),
      async (keys) => {
        result.stuck += await redrivePage(keys);
      },
    );
    return result;

    async function redrivePage(keys: InteractionKey[]): Promise<number> {
      if (result.dryRun) return keys.length;
      const redriven = await pMap(keys, (key) => repairs.redrive(key, paced(), Date.now()), {
        concurrency: CONCURRENT_WRITES,
      });
      return redriven.filter(Boolean).length;
    }
  }

  /** @returns whether it came to the end before the time was up */
  async function eachPage(
    find: (from: Item | undefined) => Promise<Page<InteractionKey>>,
    use: (entries: InteractionKey[]) => Promise<void>,
  ): Promise<boolean> {
    let from: Item | undefined;
    do {
      if (parts.remainingMs() < PAGE_MS) return false;
      const page = await find(from);
      await use(page.entries);
      from = page.next;
    } while (from !== undefined);
    return true;
  }

  async function contactOf({ workspace, email }: { workspace: string; email: string }) {
    if ((await workspaces.recordsOf(workspace)).length === 0) {
      throw new OperatorError('workspace: there is no workspace of that id');
    }
    return `${workspace}#${secrets.contactKey(workspace, parseEmail(email, 'email'))}`;
  }
}

function shown(event: { timestamp: string; description: string } | undefined) {
  return event && { timestamp: event.timestamp, description: event.description };
}

/** Due times that spread what is redriven, so that Nat is not met by all of it at once. */
function createPace(start: number, perSecond: number): () => number {
  let count = 0;
  return () => start + Math.floor(count++ / perSecond) * 1000;
}
