const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The calendar date of a timestamp in a time zone: the day of the one-per-day rule.
 *
 * @param timestamp ms since the epoch
 * @param timeZone an IANA name, such as `Europe/Berlin`
 * @returns the date as `2020-05-31`
 * @throws {RangeError} if the time zone is unknown
 */
export function calendarDay(timeZone: string, timestamp: number): string {
  if (timeZone === 'UTC') {
    // The first formatter is dear in a cold start, and most workspaces need none.
    const date = new Date(timestamp);
    return toIsoDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  }
  const parts = formatterFor(timeZone).formatToParts(timestamp);
  const values = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const { era, year, month, day } = values;
  // ISO 8601 counts 1 BC as the year 0; the formatter counts it as 1 of the era before.
  const isoYear = era === 'B' ? 1 - Number(year) : Number(year);
  return toIsoDate(isoYear, Number(month), Number(day));
}

function toIsoDate(year: number, month: number, day: number): string {
  const digits = (number: number, count: number) => String(number).padStart(count, '0');
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

/**
 * Tells whether a day exists. `Date` takes 2021-02-30 for a day in March.
 *
 * @param date as `2020-05-31`, with a month from 01 to 12 and a day from 01 to 31
 */
export function dayExists(date: string): boolean {
  return new Date(date).getUTCDate() === Number(date.slice(-2));
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
