import pMap from 'p-map';
import QuickLRU from 'quick-lru';
import { compileFormat } from '../event/custom-format.ts';
import type { Interaction, NormalizeSettings } from '../event/normalize.ts';
import { Rejection, type RejectionCode } from '../event/rejection.ts';
import type { Holdings } from '../ledger/deletions.ts';
import { type InteractionKey, interactionId } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SecretSource } from '../runtime/secret-source.ts';
import type { Workspace } from '../workspaces/workspaces.ts';
import { countUsers, deleteUsers, type UserDeletions } from './delete-users.ts';
import { type Candidate, isCandidate, isDeletion, readTasks } from './read-task.ts';

/** Writes at the same time, for the 4,000 events of Segment's largest batch. */
const CONCURRENT_WRITES = 50;
/** How many interactions this container remembers: page views come in bursts. */
const MAX_REMEMBERED = 50_000;
/** Short, because a dead interaction makes room for a new one of its day. */
const REMEMBERED_MS = 10 * 60 * 1000;
/** Calls that a workspace does not take. SDKs mix them into their batches as a matter of course. */
const OTHER_CALLS: readonly RejectionCode[] = ['type_not_identify', 'deletions_off'];

/** The result of one event. */
export type EventResult =
  | { status: 'accepted' | 'duplicate'; key: InteractionKey; interaction: Interaction }
  /** `found` is what a dry run found. */
  | { status: 'deleting'; user: string; found?: Holdings }
  | { status: 'ignored' | 'rejected'; rejection: Rejection };

/** What a request says of its events. */
export interface AcceptOptions extends Pick<NormalizeSettings, 'impliedType' | 'shared'> {
  /** Tells what would happen, and writes nothing. */
  isDryRun?: boolean;
  /** The header `traceparent` of the request, if it is valid. */
  traceparent?: string | undefined;
  /** No write starts after it is aborted. */
  signal?: AbortSignal | undefined;
}

/** What the intake needs of the ledger. */
export interface IntakeLedger extends Pick<Ledger, 'findTaken' | 'accept' | 'remember'> {
  deletions: Pick<Ledger['deletions'], 'order' | 'deleteNow' | 'count'>;
}

/**
 * Creates what accepts events into the ledger.
 *
 * @param ledger the interactions
 * @param secrets to name contacts
 * @param retentionDays how old an event may be; unlimited if undefined
 */
export function createIntake(
  ledger: IntakeLedger,
  secrets: Pick<SecretSource, 'contacts'>,
  retentionDays?: number,
) {
  const remembered = new QuickLRU<string, true>({ maxSize: MAX_REMEMBERED, maxAge: REMEMBERED_MS });

  return {
    /**
     * Accepts each event whose contact has no interaction that day yet. Repeats inside the batch
     * are found before the ledger is asked: the first one counts. Then deletes what the users of
     * deletion messages had before.
     *
     * @param events as parsed from JSON
     * @param workspace the workspace of the sender
     * @param now the present, ms since the epoch
     * @param options what the request says of its events, and when to stop
     * @returns one result per event, in order
     * @throws if the ledger or a secret fails, or the signal is aborted. Events that were written until then are
     * `duplicate` when sent again
     */
    async accept(
      events: unknown[],
      workspace: Workspace,
      now: number,
      { signal, isDryRun = false, traceparent, ...options }: AcceptOptions = {},
    ): Promise<EventResult[]> {
      const { customFormat } = workspace;
      const extract = customFormat && (await compileFormat(customFormat));
      const settings = { ...workspace, ...options, retentionDays, extract };
      const contacts = await secrets.contacts();
      const tasks = readTasks(events, settings, contacts, now);
      const free = await findFree(firstOfEachDay(tasks.filter(isCandidate)));
      const accepted = isDryRun ? new Set(free) : await writeNew(free, { signal, traceparent });
      // The last one of a user has the latest time.
      const deletions = new Map(tasks.filter(isDeletion).map(({ user, at }) => [user, at]));
      const found = isDryRun ? await countUsers(ledger.deletions, deletions) : undefined;
      if (!isDryRun) await runDeletions(deletions, signal);
      return tasks.map((task) => {
        if (task instanceof Rejection) {
          const isOtherCall = OTHER_CALLS.includes(task.code);
          return { status: isOtherCall ? 'ignored' : 'rejected', rejection: task };
        }
        if (isDeletion(task)) {
          const holdings = found?.get(task.user);
          return { status: 'deleting', user: task.user, ...(holdings && { found: holdings }) };
        }
        const status = accepted.has(task) ? 'accepted' : 'duplicate';
        return { status, key: task.key, interaction: task.interaction };
      });
    },
  };

  /** Leaves out the candidates whose day is taken, as far as memory and one cheap read can tell. */
  async function findFree(candidates: Candidate[]): Promise<Candidate[]> {
    const unknown = candidates.filter(({ id }) => !remembered.has(id));
    const taken = await ledger.findTaken(unknown.map(({ key }) => key));
    for (const id of taken) remembered.set(id, true);
    return unknown.filter(({ id }) => !taken.has(id));
  }

  async function writeNew(
    candidates: Candidate[],
    { signal, traceparent }: Pick<AcceptOptions, 'signal' | 'traceparent'>,
  ): Promise<Set<Candidate>> {
    const trace = traceparent === undefined ? {} : { traceparent };
    const accepted = new Set<Candidate>();
    await pMap(
      candidates,
      async (candidate) => {
        const { key, user, at } = candidate;
        const { email, timestamp, description } = candidate.interaction;
        const event = { email, timestamp, description, ...trace };
        // Before the interaction: a deletion must find it, whatever happens between the two writes.
        if (user !== undefined) await ledger.remember(user, key.contact, at);
        signal?.throwIfAborted();
        if (await ledger.accept(key, event, at)) {
          accepted.add(candidate);
        }
        remembered.set(candidate.id, true);
      },
      { concurrency: CONCURRENT_WRITES, ...(signal && { signal }) },
    );
    return accepted;
  }

  async function runDeletions(
    deletions: UserDeletions,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deleted = await deleteUsers(ledger.deletions, deletions, signal);
    for (const key of deleted) remembered.delete(interactionId(key));
  }
}

function firstOfEachDay(candidates: Candidate[]): Candidate[] {
  const firsts = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (!firsts.has(candidate.id)) firsts.set(candidate.id, candidate);
  }
  return [...firsts.values()];
}
