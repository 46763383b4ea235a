import * as v from 'valibot';
import { lazy } from './lazy.ts';
import { OwnError } from './own-error.ts';

/** What may be logged of an error. */
export interface ErrorDescription {
  name: string;
  /** Only of an error in our own words. */
  message?: string | undefined;
  /** The code of Node or of the TLS library, such as `ECONNRESET`. */
  code?: string | undefined;
  /** The HTTP status of an answer of AWS. */
  status?: number | undefined;
  /** What AWS calls the request. */
  requestId?: string | undefined;
  /** Where it was thrown: one frame a line, without the message that precedes them. */
  stack?: string | undefined;
  cause?: ErrorDescription | undefined;
}

/** No address matches any of these, because of its `@`. What does not match is left out. */
const NAME = /^\w{1,80}$/;
const CODE = /^[A-Z][A-Z\d_]{1,60}$/;
const REQUEST_ID = /^[\w=-]{1,128}$/;
/** `at name (/place/file.js:1:2)`. The place may have the scope of a package: `/@smithy/`. */
const FRAME = /^ {4}at (?:[\w$.<>#[\] ]+ \()?(?:[\w$.:/%+ -]|(?<=\/)@)+:\d+:\d+\)?$/;
const MAX_CAUSES = 5;

/** Made for the first error: a millisecond that no start should cost. */
const errorSchema = lazy(() => {
  const known = <T extends v.GenericSchema>(schema: T) => v.fallback(v.optional(schema), undefined);
  const textLike = (pattern: RegExp) => known(v.pipe(v.string(), v.regex(pattern)));
  return v.object({
    name: textLike(NAME),
    code: textLike(CODE),
    $metadata: known(
      v.object({ httpStatusCode: known(v.number()), requestId: textLike(REQUEST_ID) }),
    ),
  });
});

/**
 * Describes an error for a log line. The message of an error that is not ours is left out: the AWS
 * SDK and `JSON.parse` quote in it what they could not read, which may be an address.
 */
export function describeError(error: Error, causesLeft = MAX_CAUSES): ErrorDescription {
  const { name = 'Error', code, $metadata } = v.parse(errorSchema(), error);
  const { cause } = error;
  return {
    name,
    message: error instanceof OwnError ? error.message : undefined,
    code,
    status: $metadata?.httpStatusCode,
    requestId: $metadata?.requestId,
    stack: framesOf(error).join('\n'),
    cause:
      cause instanceof Error && causesLeft > 0 ? describeError(cause, causesLeft - 1) : undefined,
  };
}

/**
 * Replaces an error that leaves a function: Lambda logs its message, its stack and its properties,
 * and hands the message to the caller.
 *
 * @returns the error itself if it is ours; else one that says what may be said of it
 */
export function toOwnError(error: unknown): OwnError {
  if (error instanceof OwnError) return error;
  if (!(error instanceof Error)) return new OwnError(`not an error: ${typeof error}`);
  const { name, code, status, requestId } = describeError(error);
  const facts = {
    'failed with': name,
    code,
    status,
    'request id': requestId,
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  const own = new OwnError(known.map((fact) => fact.join(' ')).join(', '));
  own.stack = [`${own.name}: ${own.message}`, ...framesOf(error)].join('\n');
  return own;
}

/** The message is left out first, because it may have lines that look like frames. */
function framesOf({ stack, message }: Error): string[] {
  // A message that was changed later is not in the stack.
  const rest = stack?.split(message).slice(1).join(message) || stack;
  return rest?.split('\n').filter((line) => FRAME.test(line)) ?? [];
}
