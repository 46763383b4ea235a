import type { OutboxEvent } from '../ledger/entry.ts';
import type { KeyError } from '../ledger/waits-for-key.ts';
import { SECOND_MS } from '../runtime/durations.ts';
import { childTraceparent } from '../runtime/traceparent.ts';

/** The version in package.json, which is not in the bundle. A test compares the two. */
const VERSION = '0.1.0';
/** How long one call to Nat may take, with the reading of its response. */
export const NAT_CALL_TIMEOUT_MS = 10 * SECOND_MS;
/** An answer that is longer than this counts by its status, without its end. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** The 4xx that mean "not now" and not "never". 409: a request with this key is still processed. */
const PASSING_4XX = new Set([408, 409, 423, 425, 429]);
/** The 4xx that say that there is nothing at this address that takes interactions. */
const ADDRESS_4XX = new Set([404, 405, 410]);
const NOT_IMPLEMENTED = 501;

/** The result of a call to Nat. `error` is a code: never an address, a url or a body. */
export type NatResult =
  | { verdict: 'accepted' }
  | { verdict: 'may-pass'; error: string; retryAfter?: string }
  | { verdict: 'address-wrong'; error: string; retryAfter?: string }
  | { verdict: 'key-rejected'; error: KeyError; retryAfter?: string }
  | { verdict: 'never'; error: string };

/** One call to Nat. */
export interface NatCall {
  apiKey: string;
  /** The same for every try of the same interaction. */
  idempotencyKey: string;
  event: OutboxEvent;
}

/** Sends one interaction to Nat. It never throws: every failure is a result. */
export type Nat = (call: NatCall) => Promise<NatResult>;

/** @param url where Nat takes events. Nat publishes no address, so it is configuration */
export function createNat(url: string): Nat {
  return async ({ apiKey, idempotencyKey, event }) => {
    const traceparent = childTraceparent(event.traceparent);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`,
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
          'user-agent': `nat-destination/${VERSION}`,
          ...(traceparent !== undefined && { traceparent }),
        },
        body: JSON.stringify(inRecommendedFormat(event)),
        redirect: 'manual',
        signal: AbortSignal.timeout(NAT_CALL_TIMEOUT_MS),
      });
      await discard(response.body);
      return classify({ status: response.status, retryAfter: response.headers.get('retry-after') });
    } catch (error) {
      return classify({ error });
    }
  };
}

/** Nat's page, "Recommended format - with traits & page". */
function inRecommendedFormat({ email, timestamp, description }: OutboxEvent) {
  return { type: 'identify', timestamp, traits: { email }, page: { url: description } };
}

/**
 * Reads an answer to its end, and keeps nothing of it: an answer that is cut off does not count. It
 * counts bytes after decompression, because a small gzip may unpack to gigabytes.
 *
 * @returns at the end, or after 64 KB, when the rest is cancelled
 * @throws if the connection breaks or the time is up before that
 */
async function discard(body: Response['body']): Promise<void> {
  if (body === null) return;
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) return;
  }
}

/** How a call ended: with a whole response, or with what `fetch` threw. */
type CallEnd = { status: number; retryAfter: string | null } | { error: unknown };

/**
 * Classifies the end of a call. This is the only place that does.
 *
 * @param end how the call ended
 * @returns `accepted` for 2xx; `key-rejected` for 401 and 403; `address-wrong` for 3xx, 404, 405 and
 * 410; `may-pass` for 408, 409, 423, 425, 429, for 5xx except 501, and when there was no whole
 * response; `never` for everything else
 */
export function classify(end: CallEnd): NatResult {
  if ('error' in end) return { verdict: 'may-pass', error: codeOf(end.error) };
  const { status } = end;
  const retryAfter = end.retryAfter === null ? {} : { retryAfter: end.retryAfter };
  if (status >= 200 && status < 300) return { verdict: 'accepted' };
  if (status === 401 || status === 403) {
    return { verdict: 'key-rejected', error: `status ${status}`, ...retryAfter };
  }
  const error = `status ${status}`;
  if (status < 400 || ADDRESS_4XX.has(status)) {
    return { verdict: 'address-wrong', error, ...retryAfter };
  }
  const mayPass = PASSING_4XX.has(status) || status >= 500;
  if (mayPass && status !== NOT_IMPLEMENTED) return { verdict: 'may-pass', error, ...retryAfter };
  return { verdict: 'never', error };
}

/** What `fetch` says, without a code, of a port that it refuses. */
const BAD_PORT = 'bad port';

/**
 * Says why there was no response: with the first code on the way to the innermost cause, such as
 * ECONNRESET, CERT_HAS_EXPIRED or UND_ERR_SOCKET, else with the name of the innermost error.
 *
 * @param error what `fetch` threw. Its messages may hold an address, so they are not used
 */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return `network ${typeof error}`;
  if (error.name === 'TimeoutError') return 'timeout';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return `network ${code}`;
  if (error.message === BAD_PORT) return `network ${BAD_PORT}`;
  return error.cause instanceof Error ? codeOf(error.cause) : `network ${error.name}`;
}
