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
import { type WriteLedger, type WriteOptions, writeNew } from './write-new.ts';

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
export interface AcceptOptions
  extends Pick<NormalizeSettings, 'impliedType' | 'shared'>,
    WriteOptions {
  /** Tells what would happen, and writes nothing. */
  isDryRun?: boolean;
}

/** What the intake needs of the ledger. */
export interface IntakeLedger extends WriteLedger, Pick<Ledger, 'findTaken'> {
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
      const accepted = isDryRun ? new Set(free) : await write(free, { signal, traceparent });
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

  async function write(free: Candidate[], options: WriteOptions): Promise<Set<Candidate>> {
    const written = await writeNew(ledger, free, options);
    for (const { id } of free) remembered.set(id, true);
    return written;
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
