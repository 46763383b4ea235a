import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRetryWindowOver, nextTryAt, RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const { firstDelayMs, longestDelayMs, giveUpAfterMs } = RETRY_SCHEDULE;
/** How often the delay doubles before it reaches the longest one. */
const DOUBLINGS = Math.floor(Math.log2(longestDelayMs / firstDelayMs));
const delay = (attempts: number, retryAfter: string | undefined, random: number) =>
  nextTryAt(attempts, retryAfter, NOW, random) - NOW;
const httpDate = (inMs: number) => new Date(NOW + inMs).toUTCString();

describe('exponential with full jitter, from the first delay to the longest', () => {
  const doubled = Array.from({ length: DOUBLINGS + 1 }, (_, n) => [n + 1, firstDelayMs * 2 ** n]);
  const capped = [DOUBLINGS + 2, 100, 5000].map((attempts) => [attempts, longestDelayMs]);
  it.each([...doubled, ...capped] as [number, number][])(
    'after %i tries it is anything up to %i ms',
    (attempts, limit) => {
      expect(delay(attempts, undefined, 0)).toBe(0);
      expect(delay(attempts, undefined, 0.25)).toBe(Math.round(limit / 4));
      expect(delay(attempts, undefined, 0.5)).toBe(Math.round(limit / 2));
      expect(delay(attempts, undefined, 1 - 2 ** -53)).toBeLessThanOrEqual(limit);
    },
  );

  it('is random', () => {
    const delays = Array.from({ length: 200 }, () => nextTryAt(3, undefined, NOW) - NOW);

    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(4 * firstDelayMs);
    expect(new Set(delays).size).toBeGreaterThan(100);
  });

  it('is never in the past and never beyond the longest delay, whatever Nat asks for', () => {
    const asked = fc.oneof(
      fc.constant(undefined),
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), asked, random, (attempts, retryAfter, by) => {
        const ms = delay(attempts, retryAfter, by);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(longestDelayMs);
        expect(ms).toBe(Math.trunc(ms));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('Retry-After', () => {
  const longer = firstDelayMs + MINUTE_MS;
  const inSeconds = (ms: number) => String(Math.ceil(ms / SECOND_MS));
  it.each([
    ['seconds', inSeconds(longer), longer],
    ['seconds with space around', ` ${inSeconds(longer)} `, longer],
    ['an IMF date', httpDate(longer), longer],
    ['exactly the longest delay', inSeconds(longestDelayMs), longestDelayMs],
    ['more than the longest delay', inSeconds(longestDelayMs + DAY_MS), longestDelayMs],
    ['a date a year after it', httpDate(longestDelayMs + 365 * DAY_MS), longestDelayMs],
  ])('is honoured when longer, up to the longest delay: %s', (_what, retryAfter, expected) => {
    expect(delay(1, retryAfter, 0.5)).toBe(expected);
  });

  it('gives way to a longer delay of ours', () => {
    const ours = delay(DOUBLINGS, undefined, 0.5);
    expect(delay(DOUBLINGS, inSeconds(ours - MINUTE_MS), 0.5)).toBe(ours);
    expect(delay(DOUBLINGS, httpDate(ours - MINUTE_MS), 0.5)).toBe(ours);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['blank', '  '],
    ['nought', '0'],
    ['negative', '-1'],
    ['negative, as large as a year', '-2030'],
    ['very negative', '-999999999'],
    ['a fraction', '1.5'],
    ['a large fraction', '3600.5'],
    ['a list', '120, 240'],
    ['a date in the past', httpDate(-HOUR_MS)],
    ['a word', 'soon'],
    ['a word and a number', 'soon 2050'],
    ['not a number', 'NaN'],
    ['endless', 'Infinity'],
    ['hexadecimal', '0xff'],
  ])('counts as absent when it is %s', (_what, retryAfter) => {
    expect(delay(1, retryAfter, 0.5)).toBe(firstDelayMs / 2);
  });

  it.each(['9'.repeat(20), '9'.repeat(400)])(
    'never delays beyond the longest delay: %s',
    (asked) => {
      expect(delay(1, asked, 0.5)).toBeLessThanOrEqual(longestDelayMs);
    },
  );
});

describe('the retry window', () => {
  it.each([
    ['at once', 0, false],
    ['a millisecond before its end', giveUpAfterMs - 1, false],
    ['at its end', giveUpAfterMs, true],
    ['after it', giveUpAfterMs + HOUR_MS, true],
  ])('is over or not %s', (_when, ago, isOver) => {
    expect(isRetryWindowOver(NOW - ago, NOW)).toBe(isOver);
  });
});
