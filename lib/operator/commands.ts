import * as z from 'zod/mini';
import { isTimeZone } from '../event/calendar-day.ts';

/** How many redriven interactions are due in one second, unless the operator says otherwise. */
export const DEFAULT_REDRIVES_PER_SECOND = 10;
/** What the timeline shows where an event says nothing, unless the workspace has its own. */
export const DEFAULT_STANDARD_MESSAGE = 'Used the product';
/** How long a rotated key stays good, unless the operator says otherwise. */
export const DEFAULT_GRACE_HOURS = 24;

const DECIMAL = z.string().check(z.regex(/^\d+(?:\.\d+)?$/, 'a number'));

/** A number, or how a command line writes one: an empty text is none. */
const number = (help: string, least: number, most: number) =>
  z
    .pipe(
      z.pipe(z.union([z.number(), DECIMAL]), z.transform(Number)),
      z.number().check(z.gte(least), z.lte(most)),
    )
    .check(z.describe(help));
const named = (help: string) =>
  z.string().check(z.minLength(1), z.maxLength(200), z.describe(help));
const secret = (help: string) =>
  z.string().check(z.minLength(8), z.maxLength(512), z.describe(help));
/** What can be a user name in HTTP Basic, and a Bearer token. */
const key = (help: string) =>
  z
    .string()
    .check(
      z.trim(),
      z.regex(/^[!-9;-~]{8,512}$/, '8 to 512 characters without spaces, colons and accents'),
      z.describe(help),
    );

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
const natApiKey = key('key that Nat is called with (default: the API key, if it was given)');
const sharedSecret = secret('requires X-Signature, the HMAC-SHA1 of the body');
const removableSecret = z
  .string()
  .check(
    z.regex(/^(?:.{8,512})?$/s, '8 to 512 characters, or empty to ask for none'),
    z.describe('requires X-Signature, the HMAC-SHA1 of the body; empty for none'),
  );
const path = (help: string) =>
  z.string().check(z.maxLength(1000), z.describe(`${help}, in JMESPath`));
const workspace = id;
const email = z.string().check(z.maxLength(320), z.describe("the contact's address"));
const name = named('what the customer is called');

const specifications = {
  'workspace.add': {
    summary: 'adds a customer; without --api-key one is made and shown this once',
    input: z.strictObject({
      name,
      id: z.optional(id),
      apiKey: z.optional(key("the API key of Nat's settings page, which senders use")),
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
      sharedSecret: z.optional(removableSecret),
      emailPath: z.optional(
        path('where events have the email; empty takes the custom format away'),
      ),
      timestampPath: z.optional(
        path('where they have the timestamp (default: the documented places)'),
      ),
      descriptionPath: z.optional(
        path('where they have the description (default: the documented places)'),
      ),
      sample: z.optional(
        z
          .looseObject({})
          .check(
            z.describe('an event of the sender, as JSON: the answer shows what the paths find'),
          ),
      ),
    }),
  },
  'workspace.rotate': {
    summary: 'gives a new API key; the old one stays good for a grace time',
    input: z.strictObject({
      id,
      apiKey: z.optional(key('the new API key (default: one is made and shown this once)')),
      natApiKey: z.optional(natApiKey),
      graceHours: z.optional(
        number(`how long the old key stays good (default ${DEFAULT_GRACE_HOURS})`, 0, 720),
      ),
    }),
  },
  'workspace.disable': { summary: 'answers 403 to its senders', input: z.strictObject({ id }) },
  'workspace.enable': { summary: 'takes its events again', input: z.strictObject({ id }) },
  'interactions.show': {
    summary: "lists a contact's interactions, newest day first",
    input: z.strictObject({ workspace, email }),
  },
  'interactions.redrive': {
    summary: 'tries again what is dead, or pending for over an hour, and says how far it is',
    input: z.strictObject({
      workspace: z.optional(workspace),
      olderThanHours: z.optional(number('only what is older', 0, 24 * 365)),
      perSecond: z.optional(
        number(`how many are due a second (default ${DEFAULT_REDRIVES_PER_SECOND})`, 1, 1000),
      ),
      dryRun: z.optional(z.boolean().check(z.describe('only count'))),
      from: z.optional(
        z
          .string()
          .check(
            z.maxLength(4000),
            z.describe('goes on where one was cut off: the `next` it told last, and nothing else'),
          ),
      ),
    }),
  },
  'contact.forget': {
    summary: 'deletes everything about a contact',
    input: z.strictObject({ workspace, email }),
  },
  stats: { summary: 'counts what waits and what is dead', input: z.strictObject({}) },
} as const;

/** The name of a command. */
export type CommandName = keyof typeof specifications;

type Inputs = { [Name in CommandName]: z.infer<(typeof specifications)[Name]['input']> };

/** What a command takes. */
export type Input<Name extends CommandName> = Inputs[Name];

/** What carries out each command. */
export type Handlers = { [Name in CommandName]: (input: Inputs[Name]) => Promise<unknown> };

/** Every command of the operator: what it does and what it takes. */
export const commands: {
  [Name in CommandName]: { summary: string; input: z.ZodMiniType<Inputs[Name]> };
} = specifications;
