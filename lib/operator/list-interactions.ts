import pMap from 'p-map';
import * as v from 'valibot';
import { type ReadableEntry, toKeyItem } from '../ledger/entry.ts';
import { DEAD_QUEUE, RETRY_QUEUES } from '../ledger/queues.ts';
import { CONCURRENT_REPAIRS, type Repairs } from '../ledger/repairs.ts';
import type { Page } from '../runtime/dynamodb/pages.ts';
import type { Input } from './commands.ts';
import { parseCursor, positionSchema, toCursor } from './cursor.ts';
import { withoutAddress } from './interaction-view.ts';
import { walk } from './walk.ts';
import { startWorkTime } from './work-time.ts';

/** How many interactions one answer lists. */
const ANSWER_SIZE = 100;
/** The source that is the table. The other sources are queues of its index. */
const TABLE = 'table';

const progressSchema = v.object({
  workspace: v.optional(v.string()),
  status: v.optional(v.picklist(['pending', 'delivered', 'retrying', 'dead'])),
  /** ms since the epoch */
  acceptedSince: v.optional(v.number()),
  sources: v.array(v.string()),
  position: positionSchema,
});

type Progress = v.InferOutput<typeof progressSchema>;

/**
 * Creates the command that lists interactions. It reads `dead` and `retrying` ones from their index,
 * and everything else from the whole table. It stops when an answer is full or its time is up, and
 * then answers how to continue.
 *
 * @param remainingMs how much time the invocation has left, ms
 */
export function createListing(repairs: Repairs, remainingMs: () => number) {
  return {
    start: (input: Input<'interactions.list'>) => run(start(input)),
    /** @param from the `next` of an earlier answer */
    resume: async (from: string) => run(parseCursor(progressSchema, from)),
  };

  async function run(progress: Progress) {
    const listed: ReadableEntry[] = [];
    const isComplete = await walk(
      progress,
      (source, position) => find(source, progress, position),
      async ({ entries }) => {
        for (const { entry, at } of entries) {
          if (listed.length === ANSWER_SIZE) return false;
          listed.push(entry);
          progress.position = at;
        }
        return undefined;
      },
      startWorkTime(remainingMs),
    );
    const interactions = listed.map(withoutAddress);
    return { interactions, ...(!isComplete && { next: toCursor(progress) }) };
  }

  function find(
    source: string,
    { workspace, ...filter }: Progress,
    position: Progress['position'],
  ) {
    return source === TABLE
      ? findInTable({ workspace, ...filter }, position)
      : findQueued(source, { workspace, ...filter }, position);
  }

  async function* findInTable(
    { workspace, status, acceptedSince }: Scope,
    position: Progress['position'],
  ): AsyncGenerator<Page<Located>> {
    const scope = { workspace, status, acceptedSince };
    for await (const page of repairs.findInTable(scope, position)) {
      yield { ...page, entries: page.entries.map((entry) => ({ entry, at: toKeyItem(entry) })) };
    }
  }

  async function* findQueued(
    queue: string,
    scope: Scope,
    position: Progress['position'],
  ): AsyncGenerator<Page<Located>> {
    for await (const page of repairs.findQueued(queue, { workspace: scope.workspace }, position)) {
      const read = await pMap(page.entries, repairs.read, { concurrency: CONCURRENT_REPAIRS });
      const entries = page.entries.flatMap(({ contact, day, dueAt }, index) => {
        const entry = read[index];
        const at = { ...toKeyItem({ contact, day }), queue: { S: queue }, dueAt: { S: dueAt } };
        return entry !== undefined && isInScope(entry, scope) ? [{ entry, at }] : [];
      });
      yield { ...page, entries };
    }
  }
}

type Scope = Pick<Progress, 'workspace' | 'status' | 'acceptedSince'>;

/** An interaction, and where in its source it is. */
interface Located {
  entry: ReadableEntry;
  at: NonNullable<Progress['position']>;
}

/** The index may be behind, and it does not know when an interaction was accepted. */
function isInScope({ status, acceptedAt }: ReadableEntry, { acceptedSince, ...scope }: Scope) {
  const isRecent = acceptedAt === undefined || Date.parse(acceptedAt) >= (acceptedSince ?? 0);
  return status === scope.status && isRecent;
}

function start({ workspace, status, since }: Input<'interactions.list'>): Progress {
  return {
    workspace,
    status,
    ...(since !== undefined && { acceptedSince: Date.parse(since) }),
    sources: sourcesOf(status),
  };
}

function sourcesOf(status: Progress['status']): string[] {
  if (status === 'dead') return [DEAD_QUEUE];
  return status === 'retrying' ? [...RETRY_QUEUES] : [TABLE];
}
