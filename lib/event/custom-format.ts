import * as z from 'zod/mini';
import { parseDescription } from './description.ts';
import { type FoundFields, findDescription, findTimestamp } from './documented-formats.ts';
import { parseEmail } from './email.ts';
import type { EventFields } from './read-event.ts';
import { Rejection } from './rejection.ts';
import { parseTimestamp, rejectFuture } from './timestamp.ts';

/**
 * Where the events of a workspace have the fields that Nat needs, in JMESPath
 * (https://jmespath.org). Without a place for timestamp or description the documented places count.
 */
export const customFormatSchema = z.object({
  email: z.string(),
  timestamp: z.optional(z.string()),
  description: z.optional(z.string()),
});

export type CustomFormat = z.infer<typeof customFormatSchema>;

/** The values that a custom format finds in an event; null where there is nothing. */
type Extracted = { [Field in keyof CustomFormat]-?: unknown };

/**
 * @param event the event
 * @throws {Rejection} 400 if the expressions cannot read the types in the event
 */
export type Extract = (event: EventFields) => Extracted;

/** How messages name the fields. */
const EMAIL = 'email (custom format)';
const TIMESTAMP = 'timestamp (custom format)';
const DESCRIPTION = 'description (custom format)';

/** Raw strings and literals of JMESPath, and the text between them. */
const PARTS = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[^'`]+/g;

/**
 * Prepares a custom format for use. The JMESPath interpreter is loaded here, because few workspaces
 * need it.
 *
 * @param format its expressions match field names in any casing, as the documented formats do
 * @returns a function that finds email, timestamp and description
 */
export async function compileFormat(format: CustomFormat): Promise<Extract> {
  const { search } = await import('@aws-lambda-powertools/jmespath');
  const email = lowerCaseNames(format.email);
  const timestamp = format.timestamp && lowerCaseNames(format.timestamp);
  const description = format.description && lowerCaseNames(format.description);
  const ofShared = new WeakMap<EventFields, Extracted>();
  return (event) => {
    const own = extractFrom(event);
    const shared = event.shared && (ofShared.get(event.shared) ?? extractFrom(event.shared));
    if (event.shared === undefined || shared === undefined) return own;
    ofShared.set(event.shared, shared);
    return {
      email: own.email ?? shared.email,
      timestamp: own.timestamp ?? shared.timestamp,
      description: own.description ?? shared.description,
    };
  };

  function extractFrom(event: EventFields): Extracted {
    const fields = event.inLowerCase();
    try {
      return {
        email: search(email, fields),
        timestamp: timestamp === undefined ? null : search(timestamp, fields),
        description: description === undefined ? null : search(description, fields),
      };
    } catch (cause) {
      // The expressions worked on a sample when they were set, so the event is the reason.
      throw new Rejection('custom_format_failed', '', { cause });
    }
  }
}

/**
 * Reads an event in the custom format of its workspace.
 *
 * @param event the event
 * @param extract the format; undefined if the workspace has none
 * @param now the present, ms since the epoch
 * @returns undefined if the format finds no email
 * @throws {Rejection} 400 for a field that is wrong
 */
export function findCustomFields(
  event: EventFields,
  extract: Extract | undefined,
  now: number,
): FoundFields | undefined {
  const found = extract?.(event);
  const email = toText(found?.email, EMAIL);
  if (email === undefined) return undefined;
  const timestamp = found?.timestamp ?? undefined;
  const description = parseDescription(toText(found?.description, DESCRIPTION), DESCRIPTION);
  return {
    email: parseEmail(email, EMAIL),
    timestamp:
      timestamp === undefined
        ? findTimestamp(event, now)
        : rejectFuture(parseTimestamp(timestamp, TIMESTAMP), TIMESTAMP, now),
    description: description ?? findDescription(event),
    format: 'custom',
  };
}

function toText(value: unknown, field: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string') throw new Rejection('field_not_string', field);
  return value;
}

/** Puts the field names of an expression in lower case and leaves its literals as they are. */
function lowerCaseNames(expression: string): string {
  return expression.replace(PARTS, (part) => (/^['`]/.test(part) ? part : part.toLowerCase()));
}
