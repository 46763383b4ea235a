import type { OutboxEvent } from '../ledger/entry.ts';

/** The one in package.json, which is not bundled for it; a test holds them together. */
const VERSION = '0.1.0';
/** What a call to Nat may take, the reading of its answer included. */
export const NAT_CALL_MS = 10_000;
/** 4xx that say "not now" rather than "never". */
const PASSING_4XX = new Set([408, 423, 425, 429]);
const NOT_IMPLEMENTED = 501;

/** The errors of `key-rejected`: what a new key for Nat mends. */
export const KEY_ERRORS = ['status 401', 'status 403', 'key unreadable'] as const;

/** What a try of a delivery came to. `error` is a code: never an address, a url or a body. */
export type NatAnswer =
  | { verdict: 'accepted' }
  | { verdict: 'may-pass'; error: string; retryAfter?: string }
  | { verdict: 'key-rejected'; error: string; retryAfter?: string }
  | { verdict: 'never'; error: string };

/** One call to Nat. */
export interface NatCall {
  apiKey: string;
  /** The same for every try of the same interaction. */
  idempotencyKey: string;
  event: OutboxEvent;
}

/** Sends one interaction to Nat; every failure is an answer, none is thrown. */
export type Nat = (call: NatCall) => Promise<NatAnswer>;

/**
 * @param url Nat's intake. Nat publishes none, so it is configuration
 */
export function createNat(url: string): Nat {
  return async ({ apiKey, idempotencyKey, event }) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`,
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
          'user-agent': `nat-destination/${VERSION}`,
        },
        body: JSON.stringify(inRecommendedFormat(event)),
        redirect: 'manual',
        signal: AbortSignal.timeout(NAT_CALL_MS),
      });
      // Read to its end: an answer that is cut off is no answer.
      await response.arrayBuffer();
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

/** How a call ended: with a whole answer, or with what `fetch` threw. */
type CallEnd = { status: number; retryAfter: string | null } | { error: unknown };

/**
 * Tells what may pass from what never will: the one place that knows.
 *
 * @param end how the call ended
 * @returns `may-pass` for 3xx (an address to mend), 408, 423, 425, 429, 5xx but 501, and whenever
 * there was no whole answer; `key-rejected` for 401 and 403; `never` for the rest
 */
export function classify(end: CallEnd): NatAnswer {
  if ('error' in end) return { verdict: 'may-pass', error: codeOf(end.error) };
  const { status } = end;
  const error = `status ${status}`;
  const retryAfter = end.retryAfter === null ? {} : { retryAfter: end.retryAfter };
  if (status >= 200 && status < 300) return { verdict: 'accepted' };
  if (status === 401 || status === 403) return { verdict: 'key-rejected', error, ...retryAfter };
  const mayPass = status < 400 || PASSING_4XX.has(status) || status > 499;
  if (mayPass && status !== NOT_IMPLEMENTED) return { verdict: 'may-pass', error, ...retryAfter };
  return { verdict: 'never', error };
}

/**
 * Says why there was no answer: the innermost code there is, such as ECONNRESET or ENOTFOUND.
 *
 * @param error what `fetch` threw; its messages may hold an address
 */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'network';
  if (error.name === 'TimeoutError') return 'timeout';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return `network ${code}`;
  return error.cause === undefined ? 'network' : codeOf(error.cause);
}
