import pMap from 'p-map';
import QuickLRU from 'quick-lru';
import { compileFormat } from '../event/custom-format.ts';
import { type Interaction, type NormalizeSettings, normalize } from '../event/normalize.ts';
import { Rejection } from '../event/rejection.ts';
import { type InteractionKey, interactionId } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Workspace } from '../workspaces/workspaces.ts';
import { rejectLargeEvent } from './body.ts';

/** Writes under way at once, for the 4,000 events of Segment's largest batch. */
const CONCURRENT_WRITES = 50;
/** What this container remembers of the contacts it has seen: page views come in bursts. */
const REMEMBERED = 50_000;
/** Short, because an interaction that died makes room for a new one of its day. */
const REMEMBERED_MS = 10 * 60 * 1000;

/** What became of one event. */
export type EventResult =
  | { status: 'accepted' | 'duplicate'; key: InteractionKey; format: Interaction['format'] }
  | { status: 'ignored' | 'rejected'; rejection: Rejection };

interface Candidate {
  interaction: Interaction;
  key: InteractionKey;
  name: string;
}

/**
 * Takes events into the ledger.
 *
 * @param retentionDays how old an event may be; unlimited if undefined
 */
export function createIntake(ledger: Ledger, secrets: Secrets, retentionDays?: number) {
  const recentlySeen = new QuickLRU<string, true>({ maxSize: REMEMBERED, maxAge: REMEMBERED_MS });

  return {
    /**
     * Accepts each event whose contact has no interaction that day yet. Repeats inside the batch
     * are settled before the ledger is asked: the first one counts.
     *
     * @param events as parsed from JSON
     * @param now the present, ms since the epoch
     * @param rejections of events that were refused already, by their place
     * @returns one result an event, in order
     * @throws if the ledger fails. What was written by then answers `duplicate` when sent again
     */
    async take(
      events: unknown[],
      workspace: Workspace,
      now: number,
      rejections: ReadonlyMap<number, Rejection> = new Map(),
    ): Promise<EventResult[]> {
      const { customFormat } = workspace;
      const extract = customFormat && (await compileFormat(customFormat));
      const settings = { ...workspace, retentionDays, extract };
      const read = events.map(
        (event, place) => rejections.get(place) ?? readOne(event, settings, now),
      );
      const candidates = read.filter((one): one is Candidate => !(one instanceof Rejection));
      const accepted = await writeNew(firstOfEach(candidates), now);
      return read.map((one) => {
        if (one instanceof Rejection) {
          return { status: one.code === 'other_call' ? 'ignored' : 'rejected', rejection: one };
        }
        const status = accepted.has(one) ? 'accepted' : 'duplicate';
        return { status, key: one.key, format: one.interaction.format };
      });
    },
  };

  function readOne(
    event: unknown,
    settings: NormalizeSettings & Pick<Workspace, 'id'>,
    now: number,
  ): Candidate | Rejection {
    try {
      rejectLargeEvent(event);
      const interaction = normalize(event, settings, now);
      const contactKey = secrets.contactKey(settings.id, interaction.email);
      const key = { contact: `${settings.id}#${contactKey}`, day: interaction.day };
      return { interaction, key, name: interactionId(key) };
    } catch (error) {
      if (error instanceof Rejection) return error;
      throw error;
    }
  }

  async function writeNew(candidates: Candidate[], now: number): Promise<Set<Candidate>> {
    const unseen = candidates.filter(({ name }) => !recentlySeen.has(name));
    const taken = await ledger.findTaken(unseen.map(({ key }) => key));
    for (const name of taken) recentlySeen.set(name, true);
    const accepted = new Set<Candidate>();
    await pMap(
      unseen.filter(({ name }) => !taken.has(name)),
      async (candidate) => {
        const { email, timestamp, description } = candidate.interaction;
        if (await ledger.accept(candidate.key, { email, timestamp, description }, now)) {
          accepted.add(candidate);
        }
        recentlySeen.set(candidate.name, true);
      },
      { concurrency: CONCURRENT_WRITES },
    );
    return accepted;
  }
}

function firstOfEach(candidates: Candidate[]): Candidate[] {
  const firsts = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (!firsts.has(candidate.name)) firsts.set(candidate.name, candidate);
  }
  return [...firsts.values()];
}
