import { dayIn } from './day.ts';
import { parseEmail } from './email.ts';
import { callSchema, eventSchema, type IdentifyEvent, parseWith } from './event.ts';
import { parseInstant } from './instant.ts';
import { Refusal } from './refusal.ts';

const MAX_DESCRIPTION_CHARACTERS = 2048;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What an event becomes. At most one per workspace, contact and day. */
export interface Interaction {
  /** The contact's address, as `parseEmail` gives it. */
  email: string;
  /** ISO 8601 in UTC, with milliseconds. */
  timestamp: string;
  /** The calendar date of the timestamp in the workspace's time zone: `2020-05-31`. */
  day: string;
  /** What the timeline shows: the url, else the event's name, else the standard message. */
  description: string;
  /** Which of Nat's documented formats the event had. */
  format: Format;
}

/** Nat's documented formats, by where the address and the description are. */
type Format = 'recommended' | 'top-level' | 'event-name';

/** What of a workspace decides how its events are read. */
export interface NormalizeSettings {
  /** IANA name. */
  timeZone: string;
  standardMessage: string;
  /** How old an event may be, in days; unlimited if undefined. */
  retentionDays?: number | undefined;
}

/**
 * Turns an event in any documented format into an interaction.
 *
 * @param body the event as parsed from JSON
 * @param settings how this workspace wants it read
 * @param now the present, ms since the epoch
 * @throws {Refusal} 501 for a call that is not `identify`, 400 for a field that is missing or wrong
 */
export function normalize(body: unknown, settings: NormalizeSettings, now: number): Interaction {
  onlyIdentify(parseWith(callSchema, body).type);
  const event = parseWith(eventSchema, body);
  const { address, format } = emailOf(event);
  const instant = instantOf(event, now);
  refuseForgotten(instant, settings.retentionDays, now);
  return {
    email: address,
    timestamp: new Date(instant).toISOString(),
    day: dayIn(settings.timeZone, instant),
    description: descriptionOf(event) ?? settings.standardMessage,
    format,
  };
}

/** Nat's page: "Nat.app only accepts Identify calls." */
function onlyIdentify(type: string): void {
  if (type.toLowerCase() === 'identify') return;
  throw new Refusal(501, 'other_call', 'type: Nat only accepts identify calls');
}

/** Nat's page: "They must contain an `email`". */
function emailOf(event: IdentifyEvent): { address: string; format: Format } {
  const inTraits = event.traits?.email;
  if (inTraits != null) {
    return { address: parseEmail(inTraits, 'traits.email'), format: 'recommended' };
  }
  const inContext = event.context?.traits?.email;
  if (inContext != null) {
    return { address: parseEmail(inContext, 'context.traits.email'), format: 'recommended' };
  }
  if (event.email != null) {
    const format = present(event.event) === undefined ? 'top-level' : 'event-name';
    return { address: parseEmail(event.email, 'email'), format };
  }
  throw new Refusal(400, 'email', 'email: is missing; expected traits.email or a top-level email');
}

/** Nat's page: "and a `timestamp`". RudderStack's SDKs call it `originalTimestamp`. */
function instantOf(event: IdentifyEvent, now: number): number {
  if (event.timestamp != null) return parseInstant(event.timestamp, 'timestamp', now);
  if (event.originalTimestamp != null) {
    return parseInstant(event.originalTimestamp, 'originalTimestamp', now);
  }
  throw new Refusal(
    400,
    'timestamp',
    'timestamp: is missing; expected an ISO 8601 date and time with an offset or Z',
  );
}

/** An event older than the ledger remembers could become a second interaction of its day. */
function refuseForgotten(instant: number, retentionDays: number | undefined, now: number): void {
  if (retentionDays === undefined || instant >= now - retentionDays * DAY_MS) return;
  throw new Refusal(
    400,
    'timestamp',
    `timestamp: is older than the ${retentionDays} days that are kept`,
  );
}

/** Nat's page: `url` is "added as a description"; an `event` "replaces the url". */
function descriptionOf(event: IdentifyEvent): string | undefined {
  const candidates: [string, string | null | undefined][] = [
    ['page.url', event.page?.url],
    ['context.page.url', event.context?.page?.url],
    ['url', event.url],
    ['event', event.event],
  ];
  for (const [field, candidate] of candidates) {
    const description = present(candidate);
    if (description !== undefined) return cut(description, field);
  }
  return undefined;
}

function present(value: string | null | undefined): string | undefined {
  return value == null || value.trim() === '' ? undefined : value;
}

function cut(description: string, field: string): string {
  if (!description.isWellFormed()) {
    throw new Refusal(400, 'shape', `${field}: expected Unicode text, got a lone surrogate`);
  }
  const cutOff = description.slice(0, MAX_DESCRIPTION_CHARACTERS);
  // A cut between the halves of a surrogate pair would leave text that is not Unicode.
  return cutOff.isWellFormed() ? cutOff : cutOff.slice(0, -1);
}
