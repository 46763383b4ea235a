import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  isRetryWindowOver,
  nextTryAt,
  RETRY_SCHEDULE,
  retryAfterMs,
} from '../../lib/delivery/retry-schedule.ts';
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
    ['a fraction of seconds', `${inSeconds(longer)}.0`, longer],
    ['seconds, sent twice', `${inSeconds(longer)}, ${inSeconds(longer)}`, longer],
    ['an IMF date', httpDate(longer), longer],
    ['a date, sent twice', `${httpDate(longer)}, ${httpDate(longer)}`, longer],
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
    ['a fraction without digits', '3600.'],
    ['a negative fraction', '-3600.5'],
    ['two that differ', '120, 240'],
    ['negative, sent twice', '-3600, -3600'],
    ['a date in the past', httpDate(-HOUR_MS)],
    ['a word', 'soon'],
    ['a word and a number', 'soon 2050'],
    ['a date behind a word', `soon ${httpDate(HOUR_MS)}`],
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

describe('the forms of Retry-After', () => {
  const at = Date.UTC(2026, 10, 24, 12, 2, 0);
  const wait = (retryAfter: string) => retryAfterMs(retryAfter, NOW);

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['120', 120_000],
    ['120.9', 120_900],
    ['120.25', 120_250],
    ['120, 120', 120_000],
    ['120.9, 120.9', 120_900],
  ])('"%s" is %i ms', (retryAfter, ms) => {
    expect(wait(retryAfter)).toBe(ms);
  });

  it.each([
    ['Sunday', 22],
    ['Monday', 23],
    ['Tuesday', 24],
    ['Wednesday', 25],
    ['Thursday', 26],
    ['Friday', 27],
    ['Saturday', 28],
  ])('may be a date on a %s', (weekday, day) => {
    const before = Date.UTC(2026, 10, day);
    const short = weekday.slice(0, 3);
    expect(retryAfterMs(`${short}, ${day} Nov 2026 01:00:00 GMT`, before)).toBe(HOUR_MS);
    expect(retryAfterMs(`${weekday}, ${day}-Nov-26 01:00:00 GMT`, before)).toBe(HOUR_MS);
    expect(retryAfterMs(`${short} Nov ${day} 01:00:00 2026`, before)).toBe(HOUR_MS);
  });

  // RFC 9110, section 5.6.7: IMF-fixdate, and the obsolete forms of RFC 850 and of asctime().
  describe.each(['UTC', 'America/New_York', 'Asia/Kolkata'])('on a machine in %s', (zone) => {
    it.each([
      'Tue, 24 Nov 2026 12:02:00 GMT',
      'Tuesday, 24-Nov-26 12:02:00 GMT',
      'Tue Nov 24 12:02:00 2026',
    ])('"%s" is in UTC', (date) => {
      vi.stubEnv('TZ', zone);
      expect(wait(date)).toBe(at - NOW);
      expect(wait(`${date}, ${date}`)).toBe(at - NOW);
    });

    it('is the zone of this process, so that the test above can fail', () => {
      vi.stubEnv('TZ', zone);
      expect(new Date(NOW).getHours() === 12).toBe(zone === 'UTC');
    });
  });
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
