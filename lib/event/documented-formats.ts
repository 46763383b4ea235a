import { parseDescription } from './description.ts';
import { parseEmail } from './email.ts';
import { eventSchema, type IdentifyEvent, parseFields } from './event-fields.ts';
import { Rejection, seen } from './rejection.ts';
import { parseTimestamp } from './timestamp.ts';

/** What a format finds in an event, each read by its own rule. */
export interface Fields {
  /** As `parseEmail` gives it. */
  email: string;
  /** ms since the epoch */
  instant: number;
  /** Undefined where the standard message stands. */
  description: string | undefined;
  format: Format;
}

/** Nat's documented formats, by where address and description are, or the workspace's own. */
export type Format = 'recommended' | 'top_level' | 'event_name' | 'custom';

/**
 * Nat's page, "Accepted data format", and how the SDKs nest the same.
 *
 * @param body the event as parsed from JSON
 * @param now the present, ms since the epoch
 * @throws {Rejection} 400 for a field that is missing or wrong
 */
export function documentedFields(body: unknown, now: number): Fields {
  const event = parseFields(eventSchema, body);
  const { email, format } = emailOf(event);
  return { email, format, instant: timestampOf(event, now), description: descriptionOf(event) };
}

/** Nat's page: "They must contain an `email`". */
function emailOf(event: IdentifyEvent): { email: string; format: Format } {
  const inTraits = event.traits?.email;
  if (inTraits != null) {
    return { email: parseEmail(inTraits, 'traits.email'), format: 'recommended' };
  }
  const inContext = event.context?.traits?.email;
  if (inContext != null) {
    return { email: parseEmail(inContext, 'context.traits.email'), format: 'recommended' };
  }
  if (event.email == null) throw new Rejection('email_missing', 'email', seen(undefined));
  const format = event.event == null || event.event.trim() === '' ? 'top_level' : 'event_name';
  return { email: parseEmail(event.email, 'email'), format };
}

/**
 * Nat's page: "and a `timestamp`". RudderStack's SDKs call it `originalTimestamp`.
 *
 * @param now the present, ms since the epoch
 * @returns ms since the epoch
 * @throws {Rejection} 400 if it is missing or wrong
 */
export function timestampOf(event: IdentifyEvent, now: number): number {
  if (event.timestamp != null) return parseTimestamp(event.timestamp, 'timestamp', now);
  if (event.originalTimestamp != null) {
    return parseTimestamp(event.originalTimestamp, 'originalTimestamp', now);
  }
  throw new Rejection('timestamp', 'timestamp', seen(undefined));
}

/**
 * Nat's page: `url` is "added as a description"; an `event` "replaces the url".
 *
 * @returns undefined if there is neither
 * @throws {Rejection} 400 if it is no Unicode
 */
export function descriptionOf(event: IdentifyEvent): string | undefined {
  return (
    parseDescription(event.page?.url, 'page.url') ??
    parseDescription(event.context?.page?.url, 'context.page.url') ??
    parseDescription(event.url, 'url') ??
    parseDescription(event.event, 'event')
  );
}
