import * as v from 'valibot';
import { type Reading, readJsonBody } from './json-body.ts';

/** What the timeline shows if a call has neither a url nor an event name. */
const STANDARD_MESSAGE = 'Used the product';

/** Lenient: Nat's page only says "an email", so this rejects only what cannot be an address. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/u;

/** What an identify call asks Nat to show. The timestamp stays as the sender wrote it. */
export interface IdentifyCall {
  email: string;
  timestamp: string;
  description: string;
}

const emailSchema = v.pipe(
  v.string('must be a string'),
  v.trim(),
  v.toLowerCase(),
  v.maxLength(254, 'is longer than 254 characters'),
  v.regex(ADDRESS, 'is not an email address'),
);

const NOT_A_TIMESTAMP = 'must be an ISO 8601 date and time with Z or an offset';

const timestampSchema = v.pipe(
  v.string(NOT_A_TIMESTAMP),
  v.isoTimestamp(NOT_A_TIMESTAMP),
  v.check(isRealDay, 'is not a date that exists'),
);

const NOT_AN_OBJECT = 'must be an object';

const textSchema = v.string('must be a string');

const identifySchema = v.object({
  type: v.literal('identify', 'must be "identify": Nat only accepts identify calls'),
  email: v.optional(emailSchema),
  traits: v.nullish(v.object({ email: v.optional(emailSchema) }, NOT_AN_OBJECT)),
  timestamp: timestampSchema,
  page: v.nullish(v.object({ url: v.optional(textSchema) }, NOT_AN_OBJECT)),
  event: v.optional(textSchema),
});

/** `Date` reads 2021-02-30 as a day in March. */
function isRealDay(timestamp: string): boolean {
  const day = timestamp.slice(0, 10);
  return new Date(day).toISOString().startsWith(day);
}

/**
 * Reads the body of `POST /identify` in any of the formats under "Accepted data format" on Nat's
 * page: `traits.email` with `page.url`; a top-level `email`; a top-level `email` with an `event`,
 * which is shown in place of the url.
 *
 * @param body the raw request body
 * @returns the call, or a message that names the wrong field
 */
export function readIdentifyCall(body: string): Reading<IdentifyCall> {
  const reading = readJsonBody(body, identifySchema, explain);
  if (!reading.ok) return reading;
  const { traits, page, event, timestamp } = reading.value;
  const email = traits?.email ?? reading.value.email;
  if (email === undefined) {
    return { ok: false, message: 'email is required, in traits.email or email' };
  }
  const description = nonEmpty(page?.url) ?? nonEmpty(event) ?? STANDARD_MESSAGE;
  return { ok: true, value: { email, timestamp, description } };
}

function explain(problem: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(problem);
  if (field === null) return 'the body must be a JSON object';
  return problem.received === 'undefined' ? `${field} is missing` : `${field} ${problem.message}`;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
