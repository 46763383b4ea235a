import { z } from 'zod';

/** What one accepted identify call says; the timestamp stays as the sender wrote it. */
export type Identified = { email: string; timestamp: string; description: string };

/** The outcome of reading a call: the interaction, or why Nat refuses it. */
export type Reading = { ok: true; identified: Identified } | { ok: false; message: string };

/** What the timeline shows when a call carries neither a url nor an event name. */
const STANDARD_MESSAGE = 'Used the product';

// Lenient on purpose: Nat's page only says "an email", so this refuses what cannot be one.
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/u;

const emailSchema = z
  .string('must be a string')
  .trim()
  .toLowerCase()
  .max(254, 'is longer than 254 characters')
  .regex(ADDRESS, 'is not an email address');

const timestampSchema = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 date and time with Z or an offset' })
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is not a date that exists');

const identifyCall = z.object({
  type: z.literal('identify', 'must be "identify": Nat only accepts identify calls'),
  email: emailSchema.optional(),
  traits: z.object({ email: emailSchema.optional() }).nullish(),
  timestamp: timestampSchema,
  page: z.object({ url: z.string('must be a string').optional() }).nullish(),
  event: z.string('must be a string').optional(),
});

/**
 * Reads the body of `POST /identify` in any of the formats under "Accepted data format" on Nat's
 * page: `traits.email` with `page.url`, a top-level `email`, or that with an `event` standing where
 * the url would.
 *
 * @param body the raw request body
 * @returns the interaction it asks for, or a message naming the field that is wrong; never throws
 */
export const readIdentify = (body: string): Reading => {
  const json = parseJson(body);
  if (json === undefined) return refuse('the body is not JSON');
  const call = identifyCall.safeParse(json);
  if (!call.success) return refuse(firstProblem(call.error));
  const { traits, page, event, timestamp } = call.data;
  const email = traits?.email ?? call.data.email;
  if (email === undefined) return refuse('email is required: traits.email, or email');
  const description = nonEmpty(page?.url) ?? nonEmpty(event) ?? STANDARD_MESSAGE;
  return { ok: true, identified: { email, timestamp, description } };
};

/**
 * Says the first thing wrong with an input, its field named first.
 *
 * @param error what zod found, in the order of the schema's fields
 * @returns one line such as `timestamp must be …`
 */
export const firstProblem = (error: z.ZodError): string => {
  const issue = error.issues[0];
  if (issue === undefined) return 'the body is not valid';
  return [issue.path.join('.'), issue.message].filter((part) => part !== '').join(' ');
};

/**
 * Parses JSON without throwing.
 *
 * @param text any text
 * @returns the value, or undefined (which JSON cannot say) when it is not JSON
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refuse = (message: string): Reading => ({ ok: false, message });

const nonEmpty = (text: string | undefined): string | undefined =>
  text?.trim() === '' ? undefined : text;
