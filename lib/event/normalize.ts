import { calendarDay } from './calendar-day.ts';
import { customFields, type Extract } from './custom-format.ts';
import { documentedFields, type Format } from './documented-formats.ts';
import { callSchema, parseFields } from './event-fields.ts';
import { Rejection, seen } from './rejection.ts';

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
  /** Which format the event had. */
  format: Format;
}

/** What of a workspace decides how its events are read. */
export interface NormalizeSettings {
  /** IANA name. */
  timeZone: string;
  standardMessage: string;
  /** How old an event may be, in days; unlimited if undefined. */
  retentionDays?: number | undefined;
  /** The workspace's custom format, which is tried first. */
  extract?: Extract | undefined;
}

/**
 * Turns an event into an interaction: in the workspace's custom format if it has an email there,
 * else in one of the documented formats.
 *
 * @param body the event as parsed from JSON
 * @param settings how this workspace wants it read
 * @param now the present, ms since the epoch
 * @throws {Rejection} 501 for a call that is not `identify`, 400 for a field that is missing or wrong
 */
export function normalize(body: unknown, settings: NormalizeSettings, now: number): Interaction {
  requireIdentify(parseFields(callSchema, body).type);
  const fields = customFields(body, settings.extract, now) ?? documentedFields(body, now);
  const { email, instant, description, format } = fields;
  rejectBeforeRetention(instant, settings.retentionDays, now);
  return {
    email,
    timestamp: new Date(instant).toISOString(),
    day: calendarDay(settings.timeZone, instant),
    description: description ?? settings.standardMessage,
    format,
  };
}

/** Nat's page: "Nat.app only accepts Identify calls." */
function requireIdentify(type: string): void {
  if (type.toLowerCase() !== 'identify') throw new Rejection('other_call', 'type', seen(type));
}

/** An event older than the ledger remembers could become a second interaction of its day. */
function rejectBeforeRetention(
  instant: number,
  retentionDays: number | undefined,
  now: number,
): void {
  if (retentionDays === undefined || instant >= now - retentionDays * DAY_MS) return;
  throw new Rejection('retention', 'timestamp', 'an older one', { detail: String(retentionDays) });
}
