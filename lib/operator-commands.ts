import * as z from 'zod/mini';
import { isTimeZone } from './day.ts';

/** What the timeline shows where an event says nothing, unless the workspace has its own. */
export const DEFAULT_STANDARD_MESSAGE = 'Used the product';
/** How long a rotated key stays good, unless the operator says otherwise. */
export const DEFAULT_GRACE_HOURS = 24;

const named = (help: string) =>
  z.string().check(z.minLength(1), z.maxLength(200), z.describe(help));
const secret = (help: string) =>
  z.string().check(z.minLength(8), z.maxLength(512), z.describe(help));

const id = z
  .string()
  .check(
    z.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens'),
    z.describe('which workspace'),
  );
const timeZone = z
  .string()
  .check(
    z.refine(isTimeZone, 'an IANA time zone such as Europe/Berlin'),
    z.describe('IANA time zone that decides the day (default UTC)'),
  );
const standardMessage = named(
  `shown where an event has no url (default "${DEFAULT_STANDARD_MESSAGE}")`,
);
const natApiKey = secret('key that Nat is called with (default: the API key)');
const sharedSecret = secret('requires X-Signature, the HMAC-SHA1 of the body');
const name = named('what the customer is called');

/** Every command of the operator: what it does and what it takes. */
export const commands = {
  'workspace.add': {
    summary: 'adds a customer; without --api-key one is made and shown this once',
    input: z.strictObject({
      name,
      id: z.optional(id),
      apiKey: z.optional(secret("the API key of Nat's settings page, which senders use")),
      natApiKey: z.optional(natApiKey),
      timeZone: z.optional(timeZone),
      standardMessage: z.optional(standardMessage),
      sharedSecret: z.optional(sharedSecret),
    }),
  },
  'workspace.list': { summary: 'lists the customers', input: z.strictObject({}) },
  'workspace.update': {
    summary: 'changes settings; senders see it within a minute',
    input: z.strictObject({
      id,
      name: z.optional(name),
      natApiKey: z.optional(natApiKey),
      timeZone: z.optional(timeZone),
      standardMessage: z.optional(standardMessage),
      sharedSecret: z.optional(sharedSecret),
    }),
  },
  'workspace.rotate': {
    summary: 'gives a new API key; the old one stays good for a grace time',
    input: z.strictObject({
      id,
      apiKey: z.optional(secret('the new API key (default: one is made and shown this once)')),
      natApiKey: z.optional(natApiKey),
      graceHours: z.optional(
        z.coerce
          .number<number>()
          .check(
            z.gte(0),
            z.lte(720),
            z.describe(`how long the old key stays good (default ${DEFAULT_GRACE_HOURS})`),
          ),
      ),
    }),
  },
  'workspace.disable': { summary: 'answers 403 to its senders', input: z.strictObject({ id }) },
  'workspace.enable': { summary: 'takes its events again', input: z.strictObject({ id }) },
} as const;

/** The name of a command. */
export type CommandName = keyof typeof commands;

/** What a command takes. */
export type Input<Name extends CommandName> = z.infer<(typeof commands)[Name]['input']>;
