import * as v from 'valibot';
import { NOT_AN_OBJECT, type Reading, readJsonBody } from './json-body.ts';

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

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
const NOT_A_TIMESTAMP = 'must be an ISO 8601 date and time with Z or an offset';

const timestampSchema = v.pipe(
  v.string(NOT_A_TIMESTAMP),
  v.regex(ISO_8601, NOT_A_TIMESTAMP),
  v.check(exists, 'is not a date that exists'),
);

const MUST_BE_OBJECT = 'must be an object';

const textSchema = v.string('must be a string');

const identifySchema = v.object({
  type: v.literal('identify', 'must be "identify": Nat only accepts identify calls'),
  email: v.optional(emailSchema),
  traits: v.nullish(v.object({ email: v.optional(emailSchema) }, MUST_BE_OBJECT)),
  timestamp: timestampSchema,
  page: v.nullish(v.object({ url: v.optional(textSchema) }, MUST_BE_OBJECT)),
  event: v.optional(textSchema),
});

/** `Date` reads 2021-02-30 as a day in March. */
function exists(timestamp: string): boolean {
  const day = new Date(timestamp.slice(0, 10));
  return (
    day.getUTCDate() === Number(timestamp.slice(8, 10)) && !Number.isNaN(Date.parse(timestamp))
  );
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
  if (field === null) return NOT_AN_OBJECT;
  return problem.received === 'undefined' ? `${field} is missing` : `${field} ${problem.message}`;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
