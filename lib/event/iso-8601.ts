import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './durations.ts';

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
  const day = new Date(timestamp);
  const date = toIsoDate(day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate());
  const time = timestamp - Math.floor(timestamp / DAY_MS) * DAY_MS;
  const hour = twoDigits(Math.floor(time / HOUR_MS));
  const minute = twoDigits(Math.floor(time / MINUTE_MS) % 60);
  const second = twoDigits(Math.floor(time / SECOND_MS) % 60);
  const ms = String(time % SECOND_MS).padStart(3, '0');
  return `${date}T${hour}:${minute}:${second}.${ms}Z`;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
