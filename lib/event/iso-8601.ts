/**
 * Writes a date as ISO 8601 does, such as `2020-05-31`.
 *
 * @param year 0 to 9999
 * @param month from 1
 * @param day from 1
 */
export function toIsoDate(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
}

/**
 * Writes a timestamp as `toISOString` does, such as `2020-05-31T17:55:47.263Z`, in half the time.
 *
 * @param timestamp ms since the epoch, in the years 0 to 9999
 */
export function toIsoTimestamp(timestamp: number): string {
  const time = new Date(timestamp);
  const date = toIsoDate(time.getUTCFullYear(), time.getUTCMonth() + 1, time.getUTCDate());
  const hour = twoDigits(time.getUTCHours());
  const minute = twoDigits(time.getUTCMinutes());
  const second = twoDigits(time.getUTCSeconds());
  const ms = String(time.getUTCMilliseconds()).padStart(3, '0');
  return `${date}T${hour}:${minute}:${second}.${ms}Z`;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
