import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { classify, codeOf } from '../../lib/delivery/nat.ts';
import { retryAfterMs } from '../../lib/delivery/retry-schedule.ts';
import {
  type BatchResponse,
  batchResponseSchema,
  errorResponseSchema,
} from '../../lib/intake/response-schemas.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';

/** Longer than API Gateway lets the service take. */
const TIMEOUT_MS = MINUTE_MS;
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;
/** Codes of Node and OpenSSL for a certificate that is not valid, and for an address that has none. */
const TLS_CODE = /CERT|UNABLE_TO|HOSTNAME_MISMATCH|WRONG_VERSION_NUMBER/;

/** How long to retry while the service is unavailable. Giving up counts from the first try. */
const RETRY_POLICY = {
  firstDelayMs: SECOND_MS,
  longestDelayMs: 30 * SECOND_MS,
  giveUpAfterMs: 10 * MINUTE_MS,
};

/** The result of one event. */
type Result = BatchResponse['results'][number];

/** Sends events, each as JSON, in one batch. It returns one result per event, in order. */
export type Post = (events: string[]) => Promise<Result[]>;

/** Where and how batches are sent. */
interface PostOptions {
  url: string;
  key: string;
  /** Ends requests and waiting. */
  signal: AbortSignal;
  /** Called before each retry, with the reason. */
  onRetry: (reason: string) => void;
  policy?: typeof RETRY_POLICY;
}

/** The service cannot accept a batch now, but may later. */
class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly reason: string;
  readonly retryAfterMs: number;

  constructor(reason: string, retryAfter?: string) {
    const waitMs = retryAfterMs(retryAfter, Date.now());
    const when = waitMs > MINUTE_MS ? `in ${Math.ceil(waitMs / MINUTE_MS)} minutes` : 'later';
    super(`The service is unavailable (${reason}). Run it again ${when} to continue.`);
    this.reason = reason;
    this.retryAfterMs = waitMs;
  }
}

/**
 * Creates what sends batches. It retries with backoff while the service is unavailable (503, 429,
 * network), and never before `Retry-After` allows it.
 *
 * @returns rejects with an error whose message is for the user. It has no address and no key
 */
export function createPost(options: PostOptions): Post {
  const { signal, onRetry, policy = RETRY_POLICY } = options;
  return (events) =>
    pRetry(() => call(options, events), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: policy.firstDelayMs,
      maxTimeout: policy.longestDelayMs,
      maxRetryTime: policy.giveUpAfterMs,
      randomize: true,
      signal,
      onFailedAttempt: async ({ error }) => {
        if (!(error instanceof UnavailableError)) throw error;
        if (error.retryAfterMs > policy.giveUpAfterMs) throw error;
        onRetry(error.reason);
        await sleep(error.retryAfterMs, undefined, { signal });
      },
    });
}

async function call({ url, key, signal }: PostOptions, events: string[]): Promise<Result[]> {
  const fail = (error: unknown): never => {
    signal.throwIfAborted();
    throw toNetworkError(codeOf(error), new URL(url).hostname);
  };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: `{"batch":[${events.join()}]}`,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch(fail);
  const answer: unknown = await response
    .json()
    .catch((error: unknown) => (error instanceof SyntaxError ? undefined : fail(error)));
  return readResults(response, answer, events.length);
}

/** Waiting does not help if the local stack is stopped, or the host or its certificate is wrong. */
function toNetworkError(code: string, hostname: string): Error {
  if (code.includes('ECONNREFUSED') && LOCAL_HOST.test(hostname)) {
    return new Error('The local stack is not running: npm start');
  }
  if (code.includes('ENOTFOUND')) return new Error('Unknown host: check --url.');
  if (TLS_CODE.test(code)) return new Error(`No secure connection (${code}): check --url.`);
  return new UnavailableError(code);
}

function readResults(
  { status, headers }: Response,
  answer: unknown,
  expectedCount: number,
): Result[] {
  const results = parseIfValid(batchResponseSchema, answer)?.results;
  if (results?.length === expectedCount) return results;
  const retryAfter = headers.get('retry-after');
  // Waiting does not help if the address is wrong.
  if (classify({ status, retryAfter }).verdict === 'may-pass') {
    throw new UnavailableError(`status ${status}`, retryAfter ?? undefined);
  }
  const problem = parseIfValid(errorResponseSchema, answer);
  if (problem === undefined) {
    throw new Error(`This is not the service (status ${status}): check --url.`);
  }
  throw new Error(`The service rejected the request: ${problem.message} (${problem.code})`);
}
