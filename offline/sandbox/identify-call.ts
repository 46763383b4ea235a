import { z } from 'zod';
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

const emailSchema = z
  .string('must be a string')
  .trim()
  .toLowerCase()
  .max(254, 'is longer than 254 characters')
  .regex(ADDRESS, 'is not an email address');

const timestampSchema = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 date and time with Z or an offset' })
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is not a date that exists');

const identifySchema = z.object({
  type: z.literal('identify', 'must be "identify": Nat only accepts identify calls'),
  email: emailSchema.optional(),
  traits: z.object({ email: emailSchema.optional() }).nullish(),
  timestamp: timestampSchema,
  page: z.object({ url: z.string('must be a string').optional() }).nullish(),
  event: z.string('must be a string').optional(),
});

/**
 * Reads the body of `POST /identify` in any of the formats under "Accepted data format" on Nat's
 * page: `traits.email` with `page.url`; a top-level `email`; a top-level `email` with an `event`,
 * which is shown in place of the url.
 *
 * @param body the raw request body
 * @returns the call, or a message that names the wrong field
 */
export function readIdentifyCall(body: string): Reading<IdentifyCall> {
  const reading = readJsonBody(body, identifySchema, ({ path, message }) =>
    [path.join('.'), message].join(' ').trim(),
  );
  if (!reading.ok) return reading;
  const { traits, page, event, timestamp } = reading.value;
  const email = traits?.email ?? reading.value.email;
  if (email === undefined) {
    return { ok: false, message: 'email is required, in traits.email or email' };
  }
  const description = nonEmpty(page?.url) ?? nonEmpty(event) ?? STANDARD_MESSAGE;
  return { ok: true, value: { email, timestamp, description } };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
