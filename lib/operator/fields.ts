import * as v from 'valibot';
import { isTimeZone } from '../event/calendar-day.ts';

/** What the timeline shows for an event without a description, unless the workspace has its own. */
export const DEFAULT_STANDARD_MESSAGE = 'Used the product';

const NOT_A_NUMBER = 'must be a number';
const DECIMAL = v.pipe(v.string(), v.regex(/^\d+(?:\.\d+)?$/, NOT_A_NUMBER));

/** A number, or the text of one, as a command line gives it. */
export const number = (help: string, least: number, most: number) =>
  v.pipe(
    v.union([v.number(), DECIMAL], NOT_A_NUMBER),
    // What stands behind a transformation is no part of the JSON Schema that the command line reads.
    v.description(help),
    v.transform(Number),
    v.minValue(least),
    v.maxValue(most),
  );

/** A short text that people read. */
const label = (help: string) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(200), v.description(help));

/** Marks a secret: the command line also reads it from standard input or the environment. */
export const secret = v.metadata<string, { secret: true }>({ secret: true });

/** A key that can be the user name of HTTP Basic, and a Bearer token. */
export const key = (help: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^[!-9;-~]{8,512}$/, 'must have 8 to 512 ASCII characters, without spaces and colons'),
    v.description(help),
    secret,
  );

/** A JMESPath expression. */
export const path = (help: string) =>
  v.pipe(v.string(), v.maxLength(1000), v.description(`${help}, in JMESPath`));

export const workspaceId = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9][a-z0-9-]{0,63}$/,
    'must have 1 to 64 lower-case letters, digits and hyphens, and not start with a hyphen',
  ),
  v.description('id of the workspace'),
);

export const timeZone = v.pipe(
  v.string(),
  v.check(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin'),
  v.description('IANA time zone in which a day starts and ends (default UTC)'),
);

export const name = label('name of the customer');

export const standardMessage = label(
  `what the timeline shows for an event without a url (default "${DEFAULT_STANDARD_MESSAGE}")`,
);

export const natApiKey = key('API key for calls to Nat (default: the API key, if it was given)');

const SIGNATURE_HELP = 'every request must carry X-Signature, the HMAC-SHA1 of its body';

export const sharedSecret = v.pipe(
  v.string(),
  v.minLength(8),
  v.maxLength(512),
  v.description(SIGNATURE_HELP),
  secret,
);

export const sharedSecretOrNone = v.pipe(
  v.string(),
  v.regex(
    /^(?:.{8,512})?$/s,
    'must have 8 to 512 characters, or be empty to stop asking for signatures',
  ),
  v.description(`${SIGNATURE_HELP}; empty: no signatures`),
  secret,
);

export const deletions = v.pipe(
  v.picklist(['on', 'off']),
  v.description(
    "on: honours Segment's deletion message, for one more write per new interaction (default off)",
  ),
);

export const keyEnding = v.pipe(
  v.string(),
  v.regex(/^[!-9;-~]{4}$/, 'must have 4 characters'),
  v.description('the last four characters of the key, as workspace.show lists them'),
);

export const dryRun = v.pipe(v.boolean(), v.description('only counts, and changes nothing'));

/** How many redriven interactions become due in one second, unless the operator sets it. */
export const DEFAULT_REDRIVES_PER_SECOND = 10;

export const perSecond = (what: string) =>
  number(`${what} become due in one second (default ${DEFAULT_REDRIVES_PER_SECOND})`, 1, 1000);

export const contactKey = v.pipe(
  v.string(),
  v.regex(
    /^(?:[a-z0-9-]+#)?[\w-]{43}$/,
    'must be a contact key, such as the field `contact` of a log line',
  ),
  v.description('the contact as a log line names it, instead of the email'),
);

export const email = v.pipe(
  v.string(),
  v.maxLength(320),
  v.description('email address of the contact'),
);
