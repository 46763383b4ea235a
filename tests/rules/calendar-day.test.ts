import '@js-joda/timezone';
import { Instant, LocalDate, ZoneId } from '@js-joda/core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { calendarDay, isTimeZone, startOfDay } from '../../lib/event/calendar-day.ts';

const ZONES = Intl.supportedValuesOf('timeZone');

describe("the calendar date of the event's timestamp in the workspace's time zone", () => {
  it.each([
    ['UTC', '2020-05-31T23:59:59.999Z', '2020-05-31'],
    ['UTC', '2020-06-01T00:00:00.000Z', '2020-06-01'],
    ['UTC', '2020-02-29T12:00:00.000Z', '2020-02-29'],
    // +14:00, the first to see a day
    ['Pacific/Kiritimati', '2020-05-31T09:59:59.999Z', '2020-05-31'],
    ['Pacific/Kiritimati', '2020-05-31T10:00:00.000Z', '2020-06-01'],
    // -11:00, the last but the uninhabited
    ['Pacific/Pago_Pago', '2020-05-31T10:59:59.999Z', '2020-05-30'],
    ['Pacific/Pago_Pago', '2020-05-31T11:00:00.000Z', '2020-05-31'],
    ['Asia/Kathmandu', '2020-05-31T18:14:59.999Z', '2020-05-31'],
    ['Asia/Kathmandu', '2020-05-31T18:15:00.000Z', '2020-06-01'],
    // The clock skips 02:00 on 8 March and repeats 01:00 on 1 November.
    ['America/New_York', '2026-03-08T04:59:59.999Z', '2026-03-07'],
    ['America/New_York', '2026-03-08T05:00:00.000Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T03:59:59.999Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T04:00:00.000Z', '2026-03-09'],
    ['America/New_York', '2026-11-01T03:59:59.999Z', '2026-10-31'],
    ['America/New_York', '2026-11-01T04:00:00.000Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T04:59:59.999Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T05:00:00.000Z', '2026-11-02'],
    // Days of 23 and of 25 hours.
    ['Europe/Berlin', '2026-03-28T22:59:59.999Z', '2026-03-28'],
    ['Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T21:59:59.999Z', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T22:00:00.000Z', '2026-03-30'],
    ['Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-25'],
    ['Europe/Berlin', '2026-10-25T23:00:00.000Z', '2026-10-26'],
    // 24 April begins at 01:00: there is no midnight. 29 October has its last hour twice.
    ['Africa/Cairo', '2026-04-23T21:59:59.999Z', '2026-04-23'],
    ['Africa/Cairo', '2026-04-23T22:00:00.000Z', '2026-04-24'],
    ['Africa/Cairo', '2026-10-29T20:59:59.999Z', '2026-10-29'],
    ['Africa/Cairo', '2026-10-29T21:00:00.000Z', '2026-10-29'],
    ['Africa/Cairo', '2026-10-29T21:59:59.999Z', '2026-10-29'],
    ['Africa/Cairo', '2026-10-29T22:00:00.000Z', '2026-10-30'],
    // Samoa crossed the date line: it had no 30 December.
    ['Pacific/Apia', '2011-12-30T09:59:59.999Z', '2011-12-29'],
    ['Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-31'],
    // Four digits whatever the year, in the calendar that ISO 8601 counts backwards.
    ['UTC', '0001-01-01T00:00:00.000Z', '0001-01-01'],
    ['UTC', '0999-12-31T23:59:59.999Z', '0999-12-31'],
    ['UTC', '1582-10-10T12:00:00.000Z', '1582-10-10'],
    ['Etc/GMT+11', '0001-01-01T00:00:00.000Z', '0000-12-31'],
    ['Etc/GMT-14', '0001-12-31T10:00:00.000Z', '0002-01-01'],
  ])('in %s %s falls on %s', (timeZone, instant, day) => {
    expect(calendarDay(timeZone, instant)).toBe(day);
  });

  it('is the date that a Swedish calendar shows there, in every zone', () => {
    const instants = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2100, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), instants, (timeZone, instant) => {
        const shown = new Date(instant).toLocaleDateString('sv-SE', { timeZone });
        expect(dayAt(timeZone, instant)).toBe(shown);
      }),
      { numRuns: 2000 },
    );
  });

  it('is the date that a calendar library with time zones of its own computes, in every zone', () => {
    // Not into the future, of which editions of the time zones disagree.
    const instants = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2025, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), instants, (timeZone, instant) => {
        expect(dayAt(timeZone, instant)).toBe(libraryDay(timeZone, instant));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['Pacific/Kiritimati', 1994],
    ['Pacific/Pago_Pago', 2026],
    ['Pacific/Apia', 2011],
    ['Africa/Cairo', 2026],
    ['America/New_York', 2026],
    ['Australia/Lord_Howe', 2026],
    ['America/Sao_Paulo', 2018],
    ['Asia/Beirut', 2026],
  ])('begins and ends when that library says, on every day in %s in %i', (timeZone, year) => {
    for (const midnight of midnightsOf(timeZone, year)) {
      for (const instant of [midnight - 1, midnight]) {
        expect(dayAt(timeZone, instant)).toBe(libraryDay(timeZone, instant));
      }
      expect(dayAt(timeZone, midnight - 1)).not.toBe(dayAt(timeZone, midnight));
    }
  });

  it('is the date of its own offset, computed without any calendar of zones', () => {
    const instants = fc.integer({ min: Date.UTC(2, 0, 1), max: Date.UTC(9998, 0, 1) });
    fc.assert(
      fc.property(fc.integer({ min: -12, max: 14 }), instants, (hours, instant) => {
        // POSIX turns the sign: Etc/GMT-14 is 14 hours east.
        const timeZone =
          hours === 0 ? 'Etc/GMT' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
        const local = new Date(instant + hours * 3_600_000).toISOString();
        expect(dayAt(timeZone, instant)).toBe(local.slice(0, 10));
      }),
      { numRuns: 2000 },
    );
  });

  it('makes the formatter of a time zone, which is costly, only once', () => {
    const formatters = vi.spyOn(Intl, 'DateTimeFormat');
    // In a casing that no other test has used.
    for (let n = 0; n < 3; n += 1) dayAt('INDIAN/christmas', n);
    expect(formatters).toHaveBeenCalledTimes(1);
    formatters.mockRestore();
  });

  it('throws for a time zone that there is not', () => {
    expect(() => dayAt('Mars/Olympus_Mons', 0)).toThrow(RangeError);
  });
});

describe('isTimeZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'Pacific/Kiritimati', 'America/Argentina/Buenos_Aires'])(
    'knows %s',
    (timeZone) => {
      expect(isTimeZone(timeZone)).toBe(true);
    },
  );

  it.each(['', ' ', 'Mars/Olympus_Mons', 'Europe/Berlin ', 'Berlin'])(
    'refuses "%s"',
    (timeZone) => {
      expect(isTimeZone(timeZone)).toBe(false);
    },
  );
});

/** @param instant ms since the epoch */
function dayAt(timeZone: string, instant: number): string {
  return calendarDay(timeZone, new Date(instant).toISOString());
}

/** js-joda brings the IANA time zones itself, and asks the runtime for nothing. */
function libraryDay(timeZone: string, instant: number): string {
  return Instant.ofEpochMilli(instant).atZone(ZoneId.of(timeZone)).toLocalDate().toString();
}

function libraryStartOfDay(year: number, month: number, day: number): number {
  try {
    return LocalDate.of(year, month, day).toEpochDay() * 86_400_000;
  } catch {
    return Number.NaN;
  }
}

/** The first millisecond of each day of a year, ms since the epoch. */
function midnightsOf(timeZone: string, year: number): number[] {
  const zone = ZoneId.of(timeZone);
  const first = Instant.ofEpochMilli(Date.UTC(year, 0, 1, 12))
    .atZone(zone)
    .toLocalDate();
  return Array.from({ length: 366 }, (_, day) =>
    first.plusDays(day).atStartOfDay(zone).toInstant().toEpochMilli(),
  );
}

describe('startOfDay', () => {
  it('is NaN for exactly those days that a calendar library does not have', () => {
    const [years, twoDigits] = [fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 99 })];
    fc.assert(
      fc.property(years, fc.integer({ min: 0, max: 13 }), twoDigits, (year, month, day) => {
        expect(startOfDay(year, month, day)).toBe(libraryStartOfDay(year, month, day));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([2019, 2020, 1900, 2000, 99, 4])('has every day of the year %i', (year) => {
    for (let month = 1; month <= 12; month += 1) {
      for (let day = 0; day <= 32; day += 1) {
        expect(startOfDay(year, month, day)).toBe(libraryStartOfDay(year, month, day));
      }
    }
  });
});

it('the day in UTC needs no formatter, which would be dear in a cold start', () => {
  const formatter = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
  expect(dayAt('UTC', Date.UTC(2020, 4, 31))).toBe('2020-05-31');
  expect(formatter).not.toHaveBeenCalled();
  formatter.mockRestore();
});
