import { DAY_MS } from './durations.ts';
import { toIsoDate } from './iso-8601.ts';

/** In a year that is no leap year: before January, before February and so on, and in the whole year. */
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
/** From the first day of the year 1. */
const DAYS_BEFORE_1970 = 719_162;

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
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const leapDay = isLeapYear ? 1 : 0;
  const before = daysBeforeMonth(month, leapDay);
  if (day === 0 || day > daysBeforeMonth(month + 1, leapDay) - before) return Number.NaN;
  return (daysBeforeYear(year) + before + day - 1 - DAYS_BEFORE_1970) * DAY_MS;
}

/** @returns 0 for a month that does not exist, but 13 stands for the end of the year */
function daysBeforeMonth(month: number, leapDay: number): number {
  const days = DAYS_BEFORE_MONTH[month - 1] ?? 0;
  return month > 2 ? days + leapDay : days;
}

/** The days of the Gregorian calendar from the year 1 until this year begins. */
function daysBeforeYear(year: number): number {
  const past = year - 1;
  return past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
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
