import { toIsoDate } from './iso-8601.ts';

/** In a year that is no leap year. */
const DAYS_IN_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Of the Gregorian calendar: 146,097 days. */
const MS_OF_400_YEARS = 146_097 * 24 * 60 * 60 * 1000;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The calendar date of a timestamp in a time zone: the day of the one-per-day rule.
 *
 * @param timeZone an IANA name, such as `Europe/Berlin`
 * @param timestamp ISO 8601 in UTC, such as `2020-05-31T17:55:47.263Z`
 * @returns the date as `2020-05-31`
 * @throws {RangeError} if the time zone is unknown
 */
export function calendarDay(timeZone: string, timestamp: string): string {
  // The first formatter is dear in a cold start, and most workspaces need none.
  if (timeZone === 'UTC') return timestamp.slice(0, 10);
  const parts = formatterFor(timeZone).formatToParts(Date.parse(timestamp));
  const values = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const { era, year, month, day } = values;
  // ISO 8601 counts 1 BC as the year 0; the formatter counts it as 1 of the era before.
  const isoYear = era === 'B' ? 1 - Number(year) : Number(year);
  return toIsoDate(isoYear, Number(month), Number(day));
}

/**
 * The beginning of a day in UTC.
 *
 * @param year 0 to 9999
 * @param month 0 to 99
 * @param day 0 to 99
 * @returns ms since the epoch; NaN if the day does not exist, such as 30 February
 */
export function startOfDay(year: number, month: number, day: number): number {
  if (day === 0 || day > daysIn(year, month)) return Number.NaN;
  // `Date.UTC` reads the years 0 to 99 as 1900 to 1999. The calendar repeats every 400 years.
  return Date.UTC(year + 400, month - 1, day) - MS_OF_400_YEARS;
}

/** The number of days in a month of the Gregorian calendar; 0 if there is no such month. */
function daysIn(year: number, month: number): number {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeapYear ? 29 : (DAYS_IN_MONTHS[month - 1] ?? 0);
}

/**
 * Tells whether the runtime knows a time zone.
 *
 * @param timeZone an IANA name, such as `Europe/Berlin`
 */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatterFor(timeZone);
    return true;
  } catch {
    return false;
  }
}

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      timeZone,
      era: 'narrow',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format;
}
