const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const FIRST_DELAY_MS = MINUTE_MS;
const LONGEST_DELAY_MS = 6 * HOUR_MS;
/** RFC 9110, section 5.6.7: all three forms begin with the day; `Date.parse` would guess at more. */
const HTTP_DATE = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? /;
const GIVE_UP_AFTER_MS = 72 * HOUR_MS;

/**
 * When to try again: exponential with full jitter (the delay is uniform between nothing and a
 * ceiling that doubles from 1 minute to 6 hours), or later if Nat asks for it.
 *
 * @param attempts how many tries there have been, 1 or more
 * @param retryAfter Nat's `Retry-After`, as it came
 * @param now the present, ms since the epoch
 * @param random a number from 0 to 1 (exclusive)
 * @returns ms since the epoch
 */
export function nextTryAt(
  attempts: number,
  retryAfter: string | undefined,
  now: number,
  random = Math.random(),
): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
  return Math.max(now + Math.round(random * ceiling), notBefore(retryAfter, now));
}

/**
 * Before when Nat does not want to be called again: the present, unless it said so.
 *
 * @param retryAfter Nat's `Retry-After`, as it came
 * @param now the present, ms since the epoch
 * @returns ms since the epoch, at most 6 hours from now
 */
export function notBefore(retryAfter: string | undefined, now: number): number {
  return now + Math.min(LONGEST_DELAY_MS, retryAfterMs(retryAfter, now));
}

/**
 * Whether the 72 hours are over in which an interaction is tried.
 *
 * @param since ISO 8601, when it was accepted
 * @param now the present, ms since the epoch
 */
export function isGivenUp(since: string, now: number): boolean {
  return now - Date.parse(since) >= GIVE_UP_AFTER_MS;
}

/**
 * RFC 9110, section 10.2.3: seconds or a date. What others emit may also be negative or absurd,
 * which counts as absent.
 *
 * @param retryAfter as it came
 * @param now the present, ms since the epoch
 * @returns how long from now, 0 ms or more
 */
export function retryAfterMs(retryAfter: string | undefined, now: number): number {
  const text = retryAfter?.trim() ?? '';
  const date = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND_MS : date - now;
  return Number.isNaN(wait) ? 0 : Math.max(wait, 0);
}
