import type { EventResult } from './event-results.ts';
import type { LoggedRequest, RequestInteraction } from './request-log.ts';

/** Enough for any batch that somebody reads, few enough to ask the ledger for each. */
const PAGE_SIZE = 25;
const MAX_PAYLOAD_CHARACTERS = 5000;

/** How far the service is with an interaction. Times are ISO 8601. */
export interface Delivery {
  status: 'pending' | 'delivered' | 'retrying' | 'dead';
  attempts: number;
  /** The code of what failed last. */
  lastError: string | undefined;
  dueAt: string | undefined;
  settledAt: string | undefined;
}

/** Reads an interaction of the ledger by its id; undefined if it is not there any more. */
export type ReadDelivery = (id: string) => Promise<Delivery | undefined>;

type Content = NonNullable<LoggedRequest['content']>;

/** One event of a request. */
interface EventView extends EventResult, Partial<RequestInteraction> {
  index: number;
  /** The event as JSON, maybe cut; undefined if the body could not be read. */
  payload: string | undefined;
  delivery: Delivery | undefined;
}

/**
 * Describes some events of a request.
 *
 * @param from the index of the first one
 * @returns the events, and the index of those that follow, if any do
 */
export async function toEvents(
  content: Content,
  from: number,
  readDelivery: ReadDelivery,
): Promise<{ events: EventView[]; nextFrom: number | undefined }> {
  const { results, interactions } = content;
  const sent = readEvents(content);
  const to = from + PAGE_SIZE;
  const events = results.slice(from, to).map(async (result, position) => {
    const index = from + position;
    const interaction = interactions[index];
    const delivery = interaction && (await readDelivery(interaction.id));
    return { ...result, ...interaction, index, payload: toPayload(sent[index]), delivery };
  });
  return { events: await Promise.all(events), nextFrom: to < results.length ? to : undefined };
}

/** The events of a body, or the whole body if the answer has one result for all of it. */
function readEvents({ body, results }: Content): unknown[] {
  if (body === undefined) return [];
  const json = parseJson(body);
  const events = Array.isArray(json) ? json : batchOf(json);
  return events?.length === results.length ? events : [json ?? body];
}

function batchOf(json: unknown): unknown[] | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const batch = Object.entries(json).find(([name]) => name.toLowerCase() === 'batch')?.[1];
  return Array.isArray(batch) ? batch : undefined;
}

function toPayload(event: unknown): string | undefined {
  const text = typeof event === 'string' ? event : toJson(event);
  if (text === undefined || text.length <= MAX_PAYLOAD_CHARACTERS) return text;
  return `${text.slice(0, MAX_PAYLOAD_CHARACTERS)}\n…`;
}

/** Undefined stands for a value that is nested too deeply to be written. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, null, 2);
  } catch {
    return undefined;
  }
}

/** JSON has no undefined, so undefined stands for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
