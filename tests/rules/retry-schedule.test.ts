import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGivenUp, nextTryAt } from '../../lib/delivery/retry-schedule.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const delay = (attempts: number, retryAfter: string | undefined, random: number) =>
  nextTryAt(attempts, retryAfter, NOW, random) - NOW;
const httpDate = (inMs: number) => new Date(NOW + inMs).toUTCString();

describe('exponential with full jitter from 1 minute to 6 hours', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 16],
    [6, 32],
    [7, 64],
    [8, 128],
    [9, 256],
    [10, 360],
    [11, 360],
    [100, 360],
    [5000, 360],
  ])('after %i tries it is anything up to %i minutes', (attempts, minutes) => {
    expect(delay(attempts, undefined, 0)).toBe(0);
    expect(delay(attempts, undefined, 0.25)).toBe((minutes * MINUTE_MS) / 4);
    expect(delay(attempts, undefined, 0.5)).toBe((minutes * MINUTE_MS) / 2);
    expect(delay(attempts, undefined, 1 - 2 ** -53)).toBeLessThanOrEqual(minutes * MINUTE_MS);
  });

  it('draws the delay itself when it is not given one', () => {
    const delays = Array.from({ length: 200 }, () => nextTryAt(3, undefined, NOW) - NOW);

    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(4 * MINUTE_MS);
    expect(new Set(delays).size).toBeGreaterThan(100);
  });

  it('is never in the past and never more than 6 hours ahead, whatever Nat asks for', () => {
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
        expect(ms).toBeLessThanOrEqual(6 * HOUR_MS);
        expect(ms).toBe(Math.trunc(ms));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('Retry-After', () => {
  it.each([
    ['seconds', '120', 120 * SECOND_MS],
    ['seconds with space around', ' 120 ', 120 * SECOND_MS],
    ['an IMF date', httpDate(90 * MINUTE_MS), 90 * MINUTE_MS],
    ['exactly 6 hours', '21600', 6 * HOUR_MS],
    ['a day', '86400', 6 * HOUR_MS],
    ['a date next year', httpDate(365 * 24 * HOUR_MS), 6 * HOUR_MS],
  ])('is honoured when longer, capped at 6 hours: %s', (_what, retryAfter, expected) => {
    expect(delay(1, retryAfter, 0.5)).toBe(expected);
  });

  it('gives way to a longer delay of ours', () => {
    expect(delay(5, '60', 0.5)).toBe(8 * MINUTE_MS);
    expect(delay(5, httpDate(MINUTE_MS), 0.5)).toBe(8 * MINUTE_MS);
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
    expect(delay(1, retryAfter, 0.5)).toBe(MINUTE_MS / 2);
  });

  it.each(['9'.repeat(20), '9'.repeat(400)])(
    'never puts off for more than 6 hours: %s',
    (asked) => {
      expect(delay(1, asked, 0.5)).toBeLessThanOrEqual(6 * HOUR_MS);
    },
  );
});

describe('for 72 hours; then dead', () => {
  it.each([
    ['at once', 0, false],
    ['a millisecond before', 72 * HOUR_MS - 1, false],
    ['at the end', 72 * HOUR_MS, true],
    ['after it', 73 * HOUR_MS, true],
  ])('%s', (_when, ago, givenUp) => {
    expect(isGivenUp(new Date(NOW - ago).toISOString(), NOW)).toBe(givenUp);
  });
});
