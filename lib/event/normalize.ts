import { calendarDay } from './calendar-day.ts';
import { type Extract, findCustomFields } from './custom-format.ts';
import { isDeletion } from './deletion.ts';
import { type Format, findDocumentedFields } from './documented-formats.ts';
import { DAY_MS } from './durations.ts';
import { EventFields } from './event-fields.ts';
import { toIsoTimestamp } from './iso-8601.ts';
import { Rejection } from './rejection.ts';

/** What an event becomes. At most one per workspace, contact and day. */
export interface Interaction {
  /** The address of the contact, as `parseEmail` returns it. */
  email: string;
  /** ISO 8601 in UTC, with milliseconds. */
  timestamp: string;
  /** The calendar day of the timestamp in the time zone of the workspace: `2020-05-31`. */
  day: string;
  /** What the timeline shows: the url, else the name of the event, else the standard message. */
  description: string;
  /** The format in which the event was read. */
  format: Format;
}

/** The settings of a workspace that decide how its events are read. */
export interface NormalizeSettings {
  /** IANA name. */
  timeZone: string;
  standardMessage: string;
  /** How old an event may be, in days; unlimited if undefined. */
  retentionDays?: number | undefined;
  /** The custom format of the workspace, which is tried first. */
  extract?: Extract | undefined;
  /** The type of an event that has none, because the path of its request says it. */
  impliedType?: 'identify' | undefined;
  /** What the batch says of all its events. */
  shared?: EventFields | undefined;
}

/**
 * Turns an event into an interaction: in the custom format of the workspace if that finds an email,
 * else in one of the documented formats.
 *
 * @param body the event as parsed from JSON
 * @param settings how this workspace wants its events read
 * @param now the present, ms since the epoch
 * @throws {Rejection} 501 for a call that is not `identify`, 400 for a field that is missing or wrong
 */
export function normalize(body: unknown, settings: NormalizeSettings, now: number): Interaction {
  const event = new EventFields(body, settings.shared);
  requireIdentify(event, settings.impliedType);
  const { email, timestamp, description, format } =
    findCustomFields(event, settings.extract, now) ?? findDocumentedFields(event, now);
  rejectOldEvent(timestamp, settings.retentionDays, now);
  const isoTimestamp = toIsoTimestamp(timestamp);
  return {
    email,
    timestamp: isoTimestamp,
    day: calendarDay(settings.timeZone, isoTimestamp),
    description: description ?? settings.standardMessage,
    format,
  };
}

/** Nat's page: "Nat.app only accepts Identify calls." */
function requireIdentify(event: EventFields, impliedType: string | undefined): void {
  const type = event.textAt('type') ?? impliedType;
  if (type === undefined) throw new Rejection('type_missing');
  if (isDeletion(type)) throw new Rejection('deletions_off');
  if (type.toLowerCase() !== 'identify') throw new Rejection('type_not_identify');
}

/** The ledger has deleted what is older, so an old event could become a second one of its day. */
function rejectOldEvent(timestamp: number, retentionDays: number | undefined, now: number): void {
  if (retentionDays === undefined || timestamp >= now - retentionDays * DAY_MS) return;
  throw new Rejection('timestamp_too_old', 'timestamp', { detail: String(retentionDays) });
}
