import pMap from 'p-map';
import QuickLRU from 'quick-lru';
import { compileFormat } from '../event/custom-format.ts';
import { type Interaction, type NormalizeSettings, normalize } from '../event/normalize.ts';
import { Rejection } from '../event/rejection.ts';
import { type InteractionKey, interactionId } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SecretSource } from '../runtime/secret-source.ts';
import type { ContactNames } from '../runtime/secrets.ts';
import type { Workspace } from '../workspaces/workspaces.ts';
import { checkEventLimits } from './event-limits.ts';

/** Writes at the same time, for the 4,000 events of Segment's largest batch. */
const CONCURRENT_WRITES = 50;
/** How many interactions this container remembers: page views come in bursts. */
const MAX_REMEMBERED = 50_000;
/** Short, because a dead interaction makes room for a new one of its day. */
const REMEMBERED_MS = 10 * 60 * 1000;

/** The result of one event. */
export type EventResult =
  | { status: 'accepted' | 'duplicate'; key: InteractionKey; interaction: Interaction }
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

interface Candidate {
  interaction: Interaction;
  key: InteractionKey;
  /** The text form of the key. */
  id: string;
}

/**
 * Creates what accepts events into the ledger.
 *
 * @param ledger the interactions
 * @param secrets to name contacts
 * @param retentionDays how old an event may be; unlimited if undefined
 */
export function createIntake(
  ledger: Pick<Ledger, 'findTaken' | 'accept'>,
  secrets: Pick<SecretSource, 'contacts'>,
  retentionDays?: number,
) {
  const remembered = new QuickLRU<string, true>({ maxSize: MAX_REMEMBERED, maxAge: REMEMBERED_MS });

  return {
    /**
     * Accepts each event whose contact has no interaction that day yet. Repeats inside the batch
     * are found before the ledger is asked: the first one counts.
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
      const read = events.map((event) => toCandidate(event, settings, contacts, now));
      const candidates = read.filter((one): one is Candidate => !(one instanceof Rejection));
      const free = await findFree(firstOfEachDay(candidates));
      const accepted = isDryRun
        ? new Set(free)
        : await writeNew(free, now, { signal, traceparent });
      return read.map((one) => {
        if (one instanceof Rejection) {
          const isOtherCall = one.code === 'type_not_identify';
          return { status: isOtherCall ? 'ignored' : 'rejected', rejection: one };
        }
        const status = accepted.has(one) ? 'accepted' : 'duplicate';
        return { status, key: one.key, interaction: one.interaction };
      });
    },
  };

  function toCandidate(
    event: unknown,
    settings: NormalizeSettings & Workspace,
    contacts: ContactNames,
    now: number,
  ): Candidate | Rejection {
    try {
      checkEventLimits(event);
      const interaction = normalize(event, settings, now);
      const contactKey = contacts.contactKey(settings, interaction.email);
      const key = { contact: `${settings.id}#${contactKey}`, day: interaction.day };
      return { interaction, key, id: interactionId(key) };
    } catch (error) {
      if (error instanceof Rejection) return error;
      throw error;
    }
  }

  /** Leaves out the candidates whose day is taken, as far as memory and one cheap read can tell. */
  async function findFree(candidates: Candidate[]): Promise<Candidate[]> {
    const unknown = candidates.filter(({ id }) => !remembered.has(id));
    const taken = await ledger.findTaken(unknown.map(({ key }) => key));
    for (const id of taken) remembered.set(id, true);
    return unknown.filter(({ id }) => !taken.has(id));
  }

  async function writeNew(
    candidates: Candidate[],
    now: number,
    { signal, traceparent }: Pick<AcceptOptions, 'signal' | 'traceparent'>,
  ): Promise<Set<Candidate>> {
    const trace = traceparent === undefined ? {} : { traceparent };
    const accepted = new Set<Candidate>();
    await pMap(
      candidates,
      async (candidate) => {
        const { email, timestamp, description } = candidate.interaction;
        const event = { email, timestamp, description, ...trace };
        if (await ledger.accept(candidate.key, event, now)) {
          accepted.add(candidate);
        }
        remembered.set(candidate.id, true);
      },
      { concurrency: CONCURRENT_WRITES, ...(signal && { signal }) },
    );
    return accepted;
  }
}

function firstOfEachDay(candidates: Candidate[]): Candidate[] {
  const firsts = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (!firsts.has(candidate.id)) firsts.set(candidate.id, candidate);
  }
  return [...firsts.values()];
}
