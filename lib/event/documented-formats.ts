import { parseDescription } from './description.ts';
import { parseEmail } from './email.ts';
import type { EventFields } from './event-fields.ts';
import { Rejection } from './rejection.ts';
import { correctClock, isUnset, parseTimestamp, rejectFuture } from './timestamp.ts';

/**
 * Nat's page, "Accepted data format", and where SDKs put the same fields. Of several places the
 * first that has a value counts. To accept another format, add its places here.
 */
export const EMAIL_PLACES = [
  { path: 'traits.email', format: 'recommended' },
  { path: 'context.traits.email', format: 'recommended' },
  { path: 'email', format: 'top_level' },
] as const;

/**
 * Nat's page: "and a `timestamp`". RudderStack's SDKs send `originalTimestamp` and `sentAt`, to which
 * its webhook adds `receivedAt`.
 */
export const TIMESTAMP_PLACES = ['timestamp', 'originalTimestamp', 'sentAt', 'receivedAt'] as const;

type TimestampPlace = (typeof TIMESTAMP_PLACES)[number];

/** Nat's page: `url` "is added as a description", and an `event` "replaces the url". */
export const DESCRIPTION_PLACES = [
  { path: 'page.url' },
  { path: 'context.page.url' },
  { path: 'url' },
  { path: 'event' },
] as const;

/** How an event was read: a format of Nat's page, or the custom format of the workspace. */
export type Format = (typeof EMAIL_PLACES)[number]['format'] | 'event_name' | 'custom';

/** What a format finds in an event. */
export interface FoundFields {
  /** As `parseEmail` returns it. */
  email: string;
  /** ms since the epoch */
  timestamp: number;
  /** Undefined if the event has none. */
  description: string | undefined;
  format: Format;
}

/**
 * Reads an event in Nat's documented formats. All documented fields are checked, also those that
 * do not count because an earlier place has a value.
 *
 * @param event the event
 * @param now the present, ms since the epoch
 * @throws {Rejection} 400 for a field that is missing or wrong
 */
export function findDocumentedFields(event: EventFields, now: number): FoundFields {
  const { email, format } = findEmail(event);
  return {
    email,
    format,
    timestamp: findTimestamp(event, now),
    description: findDescription(event),
  };
}

/** Nat's page: "They must contain an `email`". */
function findEmail(event: EventFields): Pick<FoundFields, 'email' | 'format'> {
  const found = firstText(event, EMAIL_PLACES);
  if (found === undefined) throw new Rejection('email_missing');
  const { path, format } = found.place;
  const email = parseEmail(found.text, path);
  const isEventName = format === 'top_level' && hasEventName(event);
  return { email, format: isEventName ? 'event_name' : format };
}

/**
 * Nat's page: "and a `timestamp`". Without one, `originalTimestamp` counts, corrected for a wrong
 * clock.
 *
 * @param event the event
 * @param now the present, ms since the epoch
 * @returns ms since the epoch
 * @throws {Rejection} 400 if it is missing or wrong
 */
export function findTimestamp(event: EventFields, now: number): number {
  const timestamp = timestampAt(event, 'timestamp');
  const original = timestampAt(event, 'originalTimestamp');
  if (timestamp !== undefined) return rejectFuture(timestamp, 'timestamp', now);
  if (original === undefined) throw new Rejection('timestamp_missing');
  const receivedAt = hintAt(event, 'receivedAt') ?? now;
  const corrected = correctClock(original, hintAt(event, 'sentAt'), receivedAt);
  return rejectFuture(corrected, 'originalTimestamp', now);
}

function timestampAt(event: EventFields, path: TimestampPlace): number | undefined {
  const value = event.valueAt(path);
  if (value === undefined) return undefined;
  const timestamp = parseTimestamp(value, path);
  return isUnset(timestamp) ? undefined : timestamp;
}

/** It only helps to correct a clock, so a wrong one counts as absent. */
function hintAt(event: EventFields, path: TimestampPlace): number | undefined {
  try {
    return timestampAt(event, path);
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}

/**
 * @param event the event
 * @returns undefined if no place has a description
 * @throws {Rejection} 400 if one is no string, or not valid Unicode
 */
export function findDescription(event: EventFields): string | undefined {
  const found = firstText(event, DESCRIPTION_PLACES);
  return found && parseDescription(found.text, found.place.path);
}

/** The first of these places that has a text. All are read, so that a wrong one is always rejected. */
function firstText<Place extends { path: string }>(event: EventFields, places: readonly Place[]) {
  let found: { place: Place; text: string } | undefined;
  for (const place of places) {
    const text = event.textAt(place.path);
    if (text !== undefined) found ??= { place, text };
  }
  return found;
}

/** Nat's page, "Example 2 - With event information but without traits". */
function hasEventName(event: EventFields): boolean {
  return event.textAt('event') !== undefined;
}
