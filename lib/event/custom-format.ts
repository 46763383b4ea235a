import * as z from 'zod/mini';
import { parseDescription } from './description.ts';
import { descriptionOf, type Fields, timestampOf } from './documented-formats.ts';
import { parseEmail } from './email.ts';
import { eventSchema, parseFields } from './event-fields.ts';
import { Rejection, seen } from './rejection.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * Where a workspace's events have what Nat needs, in JMESPath (https://jmespath.org). Without a
 * place for timestamp or description the documented places count.
 */
export const customFormatSchema = z.object({
  email: z.string(),
  timestamp: z.optional(z.string()),
  description: z.optional(z.string()),
});

export type CustomFormat = z.infer<typeof customFormatSchema>;

/** What a custom format found in an event; null where there is nothing. */
type Extracted = { [Field in keyof CustomFormat]-?: unknown };

/**
 * @param event one event as parsed from JSON
 * @throws {Rejection} 400 if the event has other types than the format can read
 */
export type Extract = (event: unknown) => Extracted;

/** What messages call the fields. */
const EMAIL = 'email (custom format)';
const TIMESTAMP = 'timestamp (custom format)';
const DESCRIPTION = 'description (custom format)';

/** Raw strings and literals of JMESPath, and what is between them. */
const PARTS = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[^'`]+/g;

/**
 * Makes a format ready for use. The interpreter is loaded late: few workspaces need it.
 *
 * @param format its expressions match field names in any casing, as the documented formats do
 * @returns what finds email, timestamp and description
 */
export async function compileFormat(format: CustomFormat): Promise<Extract> {
  const { search } = await import('@aws-lambda-powertools/jmespath');
  const expressions = [format.email, format.timestamp, format.description].map((expression) =>
    expression?.replace(PARTS, (part) => (/^['`]/.test(part) ? part : part.toLowerCase())),
  );
  return (event) => {
    const fields = toLowerCaseNames(event);
    const [email, timestamp, description] = expressions.map((expression) =>
      expression === undefined ? null : find(expression, fields),
    );
    return { email, timestamp, description };
  };

  function find(expression: string, fields: unknown): unknown {
    if (typeof fields !== 'object' || fields === null) return null;
    try {
      return search(expression, fields);
    } catch (cause) {
      // The expression was tried when it was set, so this is the event's doing.
      throw new Rejection('custom_format', 'the event', 'others', { cause });
    }
  }
}

/**
 * Reads an event in a workspace's custom format.
 *
 * @param body the event as parsed from JSON
 * @param extract the format; undefined if the workspace has none
 * @param now the present, ms since the epoch
 * @returns undefined if there is no email where the format says
 * @throws {Rejection} 400 for a field that is wrong
 */
export function customFields(
  body: unknown,
  extract: Extract | undefined,
  now: number,
): Fields | undefined {
  const found = extract?.(body);
  const email = textAt(found?.email, EMAIL);
  if (email === undefined) return undefined;
  const timestamp = textAt(found?.timestamp, TIMESTAMP);
  const description = parseDescription(textAt(found?.description, DESCRIPTION), DESCRIPTION);
  const documented = () => parseFields(eventSchema, body);
  return {
    email: parseEmail(email, EMAIL),
    instant:
      timestamp === undefined
        ? timestampOf(documented(), now)
        : parseTimestamp(timestamp, TIMESTAMP, now),
    description: description ?? descriptionOf(documented()),
    format: 'custom',
  };
}

function textAt(value: unknown, field: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string')
    throw new Rejection('type', field, seen(value), { detail: 'a string' });
  return value;
}

/** The same with the names of fields in lower case, at every level. */
function toLowerCaseNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toLowerCaseNames);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(
    ([name, inner]) => [name.toLowerCase(), toLowerCaseNames(inner)] as const,
  );
  if (new Set(fields.map(([name]) => name)).size < fields.length) {
    throw new Rejection('repeated', 'the event', 'one in several');
  }
  return Object.fromEntries(fields);
}
