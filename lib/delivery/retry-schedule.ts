import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../runtime/durations.ts';

/** How failed deliveries are retried. To change the backoff, change this object and nothing else. */
export const RETRY_SCHEDULE = {
  /** The most that the first retry waits. The limit doubles with every try. */
  firstDelayMs: MINUTE_MS,
  /** The most that any retry waits, also when Nat asks for more. */
  longestDelayMs: 6 * HOUR_MS,
  /** The length of the retry window. When it is over, the interaction is dead. */
  giveUpAfterMs: 72 * HOUR_MS,
} as const;

/** RFC 9110, section 5.6.7: all three forms start with the day. `Date.parse` would guess at more. */
const HTTP_DATE = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? /;
const SECONDS = /^\d+(?:\.\d+)?$/;

/**
 * When to try again: exponential backoff with full jitter, or later if Nat asks for it. Full jitter
 * means that the delay is anything between zero and the limit.
 *
 * @param attempts how many tries there have been, 1 or more
 * @param retryAfter Nat's `Retry-After` header, unchanged
 * @param now ms since the epoch
 * @param random a number from 0 (inclusive) to 1 (exclusive)
 * @returns ms since the epoch
 */
export function nextTryAt(
  attempts: number,
  retryAfter: string | undefined,
  now: number,
  random = Math.random(),
): number {
  const { firstDelayMs, longestDelayMs } = RETRY_SCHEDULE;
  const limit = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1));
  return Math.max(now + Math.round(random * limit), earliestTryAt(retryAfter, now));
}

/**
 * The earliest time at which Nat wants another call, no later than our own longest delay.
 *
 * @param retryAfter Nat's `Retry-After` header, unchanged
 * @param now ms since the epoch
 * @returns ms since the epoch; `now` if Nat asks for nothing
 */
export function earliestTryAt(retryAfter: string | undefined, now: number): number {
  return now + Math.min(RETRY_SCHEDULE.longestDelayMs, retryAfterMs(retryAfter, now));
}

/**
 * true once the retry window is over.
 *
 * @param start start of the window, ms since the epoch
 * @param now ms since the epoch
 */
export function isRetryWindowOver(start: number, now: number): boolean {
  return now - start >= RETRY_SCHEDULE.giveUpAfterMs;
}

/**
 * Reads a `Retry-After` header: seconds or a date (RFC 9110, section 10.2.3). Some servers send
 * fractions of a second, or the header twice. Negative and absurd values count as absent.
 *
 * @param retryAfter the header, unchanged
 * @param now ms since the epoch
 * @returns how long to wait from now, 0 ms or more
 */
export function retryAfterMs(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  const text = sentOnce(retryAfter.trim());
  const wait = SECONDS.test(text) ? Math.ceil(Number(text) * SECOND_MS) : parseHttpDate(text) - now;
  return Number.isNaN(wait) ? 0 : Math.max(wait, 0);
}

/** `fetch` joins a header that was sent twice: `120, 120`. */
function sentOnce(text: string): string {
  const half = text.slice(0, (text.length - 2) / 2);
  return text === `${half}, ${half}` ? half : text;
}

/**
 * An HTTP date is always in UTC, also the form that does not say so: `Sun Nov  6 08:49:37 1994`. To
 * say it twice changes nothing.
 */
function parseHttpDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(`${text} GMT`);
}
