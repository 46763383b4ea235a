import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { classify, codeOf } from '../../lib/delivery/nat.ts';
import { retryAfterMs } from '../../lib/delivery/retry-schedule.ts';
import {
  type BatchResponse,
  batchResponseSchema,
  errorResponseSchema,
} from '../../lib/intake/response.ts';

/** Longer than API Gateway lets the service take. */
const TIMEOUT_MS = 60_000;

/** How long is waited for a service that cannot take a batch now. */
export interface RetryPolicy {
  /** The first wait, which doubles. */
  firstMs: number;
  /** The longest wait of its own accord. */
  longestMs: number;
  /** From the first try of a batch to giving up. */
  giveUpAfterMs: number;
}

/** Where batches are sent, and how. */
export interface PostOptions {
  /** The whole address, with its path. */
  url: string;
  key: string;
  patience: RetryPolicy;
  /** Told each time that a batch has to wait, and why. */
  onWait: (reason: string) => void;
  /** Ends everything that is under way. */
  signal: AbortSignal;
}

/** What the service answered for one event. */
export type Result = BatchResponse['results'][number];

/** Sends events, each as JSON, and gives the service's result for each. */
export type Post = (events: string[]) => Promise<Result[]>;

/** Why a batch was not taken this time, though it may be the next. */
class RetryableError extends Error {
  override readonly name = 'NotNow';
  readonly retryAfterMs: number;

  constructor(reason: string, retryAfter = '') {
    super(reason);
    this.retryAfterMs = retryAfterMs(retryAfter, Date.now());
  }
}

/**
 * Sends batches to the service. One that it cannot take now (503, 429, the network and what else
 * may pass) is sent again, with backoff and never before the service wants it.
 *
 * @returns rejects with what to tell the user: the service's own message if it refuses the whole
 * batch, or that it still cannot take it. Never with an address or a key
 */
export function createPost({ patience, onWait, signal, ...target }: PostOptions): Post {
  return (events) => {
    const batch = `{"batch":[${events.join()}]}`;
    return pRetry(() => call(target, batch, events.length, signal), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: patience.firstMs,
      maxTimeout: patience.longestMs,
      maxRetryTime: patience.giveUpAfterMs,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => error instanceof RetryableError,
      onFailedAttempt: async ({ error }) => {
        if (!(error instanceof RetryableError)) return;
        if (error.retryAfterMs > patience.giveUpAfterMs) throw error;
        onWait(error.message);
        await sleep(error.retryAfterMs, undefined, { signal });
      },
    }).catch((error: unknown) => {
      throw error instanceof RetryableError ? givenUp(error) : error;
    });
  };
}

function givenUp({ message, retryAfterMs }: RetryableError): Error {
  const minutes = Math.ceil(retryAfterMs / 60_000);
  const when = minutes > 1 ? `in ${minutes} minutes` : 'later';
  return new Error(
    `the service does not take events now (${message}): run the same command again ${when}, it goes on where it was`,
  );
}

async function call(
  { url, key }: Pick<PostOptions, 'url' | 'key'>,
  body: string,
  events: number,
  signal: AbortSignal,
): Promise<Result[]> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    text = await response.text();
  } catch (error) {
    signal.throwIfAborted();
    throw new RetryableError(codeOf(error));
  }
  return resultsIn(response, parseJson(text), events);
}

/** @param events how many were sent */
function resultsIn({ status, headers }: Response, answer: unknown, events: number): Result[] {
  const { data } = batchResponseSchema.safeParse(answer);
  if (data?.results.length === events) return data.results;
  const retryAfter = headers.get('retry-after');
  const { verdict } = classify({ status, retryAfter });
  if (verdict === 'may-pass') {
    throw new RetryableError(`status ${status}`, retryAfter ?? undefined);
  }
  const said = errorResponseSchema.safeParse(answer).data?.message;
  throw new Error(
    said === undefined
      ? `what answers there is not the service (status ${status}): check --url`
      : `the service answered ${status}: ${said}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
