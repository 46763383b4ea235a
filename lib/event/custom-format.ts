import * as v from 'valibot';
import { parseDescription } from './description.ts';
import { type FoundFields, findDescription, findTimestamp } from './documented-formats.ts';
import { parseEmail } from './email.ts';
import type { EventFields } from './event-fields.ts';
import { Rejection } from './rejection.ts';
import { parseTimestamp, rejectFuture } from './timestamp.ts';

/**
 * Where the events of a workspace have the fields that Nat needs, in JMESPath
 * (https://jmespath.org). Without a place for timestamp or description the documented places count.
 */
export const customFormatSchema = v.object({
  email: v.string(),
  timestamp: v.optional(v.string()),
  description: v.optional(v.string()),
});

export type CustomFormat = v.InferOutput<typeof customFormatSchema>;

/** The values that a custom format finds in an event; undefined where there is nothing. */
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

/** Raw strings and literals of JMESPath, which are captured, and the text between them. */
const PARTS = /('(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|[^'`]+/g;

/**
 * Prepares a custom format for use. The JMESPath interpreter is loaded here, because few workspaces
 * need it.
 *
 * @param format its expressions match field names in any casing, as the documented formats do
 * @returns a function that finds email, timestamp and description
 */
export async function compileFormat(format: CustomFormat): Promise<Extract> {
  const { search } = await import('@aws-lambda-powertools/jmespath');
  const find = {
    email: finderOf(format.email),
    timestamp: finderOf(format.timestamp),
    description: finderOf(format.description),
  };
  const ofShared = new WeakMap<EventFields, Extracted>();
  return (event) => {
    const own = extractFrom(event);
    if (event.shared === undefined) return own;
    const shared = extractFromShared(event.shared);
    return {
      email: own.email ?? shared.email,
      timestamp: own.timestamp ?? shared.timestamp,
      description: own.description ?? shared.description,
    };
  };

  /** All events of a batch have it in common, so it is read once. */
  function extractFromShared(shared: EventFields): Extracted {
    const extracted = ofShared.get(shared) ?? extractFrom(shared);
    ofShared.set(shared, extracted);
    return extracted;
  }

  function extractFrom(event: EventFields): Extracted {
    const fields = event.inLowerCase();
    try {
      return {
        email: find.email(fields),
        timestamp: find.timestamp(fields),
        description: find.description(fields),
      };
    } catch (cause) {
      // The expressions worked on a sample when they were set, so the event is the reason.
      throw new Rejection('custom_format_failed', undefined, { cause });
    }
  }

  function finderOf(expression: string | undefined): (fields: object) => unknown {
    if (expression === undefined) return () => undefined;
    const inLowerCase = lowerCaseNames(expression);
    return (fields) => search(inLowerCase, fields) ?? undefined;
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
  if (extract === undefined) return undefined;
  const { timestamp, ...found } = extract(event);
  const email = toText(found.email, EMAIL);
  if (email === undefined) return undefined;
  const description = parseDescription(toText(found.description, DESCRIPTION), DESCRIPTION);
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
  if (value === undefined || typeof value === 'string') return value;
  throw new Rejection('field_not_string', field);
}

/** Puts the field names of an expression in lower case and leaves its literals as they are. */
function lowerCaseNames(expression: string): string {
  return expression.replace(
    PARTS,
    (part: string, literal: string | undefined) => literal ?? part.toLowerCase(),
  );
}
