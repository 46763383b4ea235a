import { startOfDay } from './calendar-day.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from './durations.ts';
import { Rejection } from './rejection.ts';

/** How far the clock of a sender may be ahead of ours. */
const MAX_AHEAD_MS = DAY_MS;
/** ISO 8601: no zone is further from UTC than 14 hours. */
const MAX_OFFSET_MINUTES = 14 * 60;

/**
 * ISO 8601, extended format, with `Z` or an offset. Without one it would be no point in time. It
 * captures nothing: `toEpochMs` reads the digits where they stand, which takes a sixth of the time.
 */
const ISO_8601 =
  /^(?!0000)\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/;

/** The first and the last code of a digit. Letters have higher codes. */
const CODE_OF_0 = '0'.charCodeAt(0);
const CODE_OF_9 = '9'.charCodeAt(0);

/** The zero times of Go and others, and of Unix: what a sender writes that has no time. */
const UNSET_MS = [Date.parse('0001-01-01T00:00:00Z'), 0];

/** A clock that is off by less is not corrected: a request takes time, too. */
const MAX_CLOCK_ERROR_MS = 5 * MINUTE_MS;

/**
 * Reads a timestamp: ISO 8601 with `Z` or an offset. `24:00` is the next midnight. A leap second
 * (`:60`) is the last millisecond of its minute, which keeps it on its day.
 *
 * @param value what the sender put there
 * @param field the name of the field, for the message
 * @returns ms since the epoch
 * @throws {Rejection} 400 if it is no such timestamp
 */
export function parseTimestamp(value: unknown, field: string): number {
  const timestamp = typeof value === 'string' ? toEpochMs(value.trim()) : Number.NaN;
  if (Number.isNaN(timestamp)) throw new Rejection('timestamp_invalid', field);
  return timestamp;
}

/**
 * @param timestamp ms since the epoch
 * @param field the name of the field, for the message
 * @param now the present, ms since the epoch
 * @returns the same timestamp
 * @throws {Rejection} 400 if it is more than 24 hours in the future
 */
export function rejectFuture(timestamp: number, field: string, now: number): number {
  if (timestamp > now + MAX_AHEAD_MS) throw new Rejection('timestamp_in_future', field);
  return timestamp;
}

/**
 * Tells whether a timestamp stands for no time at all.
 *
 * @param timestamp ms since the epoch
 */
export function isUnset(timestamp: number): boolean {
  return UNSET_MS.includes(timestamp);
}

/**
 * Corrects the time of an event for the clock of its device, as Segment documents it: the time it
 * was received, less the time that it waited on the device.
 * https://segment.com/docs/connections/spec/common/#timestamps
 *
 * @param original when the event happened by the clock of the device, ms since the epoch
 * @param sentAt when it was sent by the same clock, ms since the epoch; unknown if undefined
 * @param receivedAt when it was received by our clock, ms since the epoch
 * @returns ms since the epoch; `original` if the clock is right within minutes, and if the correction
 * leads to a time before 1970: then `sentAt` is not of that clock
 */
export function correctClock(
  original: number,
  sentAt: number | undefined,
  receivedAt: number,
): number {
  const clockError = (sentAt ?? receivedAt) - receivedAt;
  const corrected = original - clockError;
  return Math.abs(clockError) > MAX_CLOCK_ERROR_MS && corrected >= 0 ? corrected : original;
}

/** @returns NaN for another format, and for a date or a time that does not exist */
function toEpochMs(text: string): number {
  if (!ISO_8601.test(text)) return Number.NaN;
  const last = text.length - 1;
  const hasOffset = text.charCodeAt(last) <= CODE_OF_9;
  const zoneAt = hasOffset ? Math.max(text.indexOf('+'), text.lastIndexOf('-')) : last;
  const day = startOfDay(digitsAt(text, 0, 4), digitsAt(text, 5, 2), digitsAt(text, 8, 2));
  const timeOfDay = timeOfDayMs(
    digitsAt(text, 11, 2),
    digitsAt(text, 14, 2),
    digitsAt(text, 17, 2, zoneAt),
    digitsAt(text, 20, 3, zoneAt),
  );
  return day + timeOfDay - offsetMs(text, zoneAt);
}

function timeOfDayMs(hour: number, minute: number, second: number, ms: number): number {
  const isEndOfDay = hour === 24 && minute === 0 && second === 0 && ms === 0;
  if ((hour > 23 && !isEndOfDay) || minute > 59 || second > 60) return Number.NaN;
  const wholeMinutes = (hour * 60 + minute) * MINUTE_MS;
  return wholeMinutes + (second === 60 ? MINUTE_MS - 1 : second * SECOND_MS + ms);
}

/** `Z` has no digits behind it, so its offset is 0. */
function offsetMs(text: string, zoneAt: number): number {
  const hours = digitsAt(text, zoneAt + 1, 2);
  const minutes = digitsAt(text, text[zoneAt + 3] === ':' ? zoneAt + 4 : zoneAt + 3, 2);
  const total = hours * 60 + minutes;
  if (minutes > 59 || total > MAX_OFFSET_MINUTES) return Number.NaN;
  return text[zoneAt] === '-' ? -total * MINUTE_MS : total * MINUTE_MS;
}

/** The number that these digits make. From `end` on, each digit counts as 0. */
function digitsAt(text: string, start: number, count: number, end = text.length): number {
  let number = 0;
  for (let at = start; at < start + count; at += 1) {
    number = number * 10 + (at < end ? text.charCodeAt(at) - CODE_OF_0 : 0);
  }
  return number;
}
