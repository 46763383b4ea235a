import * as z from 'zod/mini';
import { isTimeZone } from '../event/calendar-day.ts';

/** What the timeline shows for an event without a description, unless the workspace has its own. */
export const DEFAULT_STANDARD_MESSAGE = 'Used the product';

const DECIMAL = z.string().check(z.regex(/^\d+(?:\.\d+)?$/, 'must be a number'));

/** A number, or the text of one, as a command line gives it. */
export const number = (help: string, least: number, most: number) =>
  z
    .pipe(
      z.pipe(z.union([z.number(), DECIMAL]), z.transform(Number)),
      z.number().check(z.gte(least), z.lte(most)),
    )
    .check(z.describe(help));

/** A short text that people read. */
const label = (help: string) =>
  z.string().check(z.minLength(1), z.maxLength(200), z.describe(help));

/** Marks a secret: the command line also reads it from standard input or the environment. */
const secret = z.meta({ secret: true });

/** A key that can be the user name of HTTP Basic, and a Bearer token. */
export const key = (help: string) =>
  z
    .string()
    .check(
      z.trim(),
      z.regex(
        /^[!-9;-~]{8,512}$/,
        'must have 8 to 512 ASCII characters, without spaces and colons',
      ),
      z.describe(help),
      secret,
    );

/** A JMESPath expression. */
export const path = (help: string) =>
  z.string().check(z.maxLength(1000), z.describe(`${help}, in JMESPath`));

export const workspaceId = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9][a-z0-9-]{0,63}$/,
      'must have 1 to 64 lower-case letters, digits and hyphens, and not start with a hyphen',
    ),
    z.describe('id of the workspace'),
  );

export const timeZone = z
  .string()
  .check(
    z.refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin'),
    z.describe('IANA time zone in which a day starts and ends (default UTC)'),
  );

export const name = label('name of the customer');

export const standardMessage = label(
  `what the timeline shows for an event without a url (default "${DEFAULT_STANDARD_MESSAGE}")`,
);

export const natApiKey = key('API key for calls to Nat (default: the API key, if it was given)');

const SIGNATURE_HELP = 'every request must carry X-Signature, the HMAC-SHA1 of its body';

export const sharedSecret = z
  .string()
  .check(z.minLength(8), z.maxLength(512), z.describe(SIGNATURE_HELP), secret);

export const sharedSecretOrNone = z
  .string()
  .check(
    z.regex(
      /^(?:.{8,512})?$/s,
      'must have 8 to 512 characters, or be empty to stop asking for signatures',
    ),
    z.describe(`${SIGNATURE_HELP}; empty: no signatures`),
    secret,
  );

export const deletions = z
  .enum(['on', 'off'])
  .check(
    z.describe(
      "on: honours Segment's deletion message, for one more write per new interaction (default off)",
    ),
  );

export const keyEnding = z
  .string()
  .check(
    z.regex(/^[!-9;-~]{4}$/, 'must have 4 characters'),
    z.describe('the last four characters of the key, as workspace.show lists them'),
  );

export const dryRun = z.boolean().check(z.describe('only counts, and changes nothing'));

/** How many redriven interactions become due in one second, unless the operator sets it. */
export const DEFAULT_REDRIVES_PER_SECOND = 10;

export const perSecond = (what: string) =>
  number(`${what} become due in one second (default ${DEFAULT_REDRIVES_PER_SECOND})`, 1, 1000);

export const contactKey = z
  .string()
  .check(
    z.regex(
      /^(?:[a-z0-9-]+#)?[\w-]{43}$/,
      'must be a contact key, such as the field `contact` of a log line',
    ),
    z.describe('the contact as a log line names it, instead of the email'),
  );

export const email = z.string().check(z.maxLength(320), z.describe('email address of the contact'));
