/** Years before 0 and after 9999 have a sign and six digits. */
const ISO_LENGTH = '2020-05-31T17:55:47.263Z'.length;
const DATE_LENGTH = '2020-05-31'.length;

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
    const iso = new Date(timestamp).toISOString();
    if (iso.length === ISO_LENGTH) return iso.slice(0, DATE_LENGTH);
  }
  const parts = formatterFor(timeZone).formatToParts(timestamp);
  const values = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const { era, year, month, day } = values;
  // ISO 8601 counts 1 BC as the year 0; the formatter counts it as 1 of the era before.
  const isoYear = era === 'B' ? 1 - Number(year) : Number(year);
  return `${String(isoYear).padStart(4, '0')}-${month}-${day}`;
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
