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
  const parts = formatterFor(timeZone).formatToParts(timestamp);
  const of = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((part) => part.type === type)?.value ?? '';
  // ISO 8601 counts 1 BC as the year 0; the formatter counts it as 1 of the era before.
  const year = of('era') === 'B' ? 1 - Number(of('year')) : Number(of('year'));
  return `${String(year).padStart(4, '0')}-${of('month')}-${of('day')}`;
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
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
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
