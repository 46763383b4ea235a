import { reject } from './naive-verdict.ts';

const DIGITS = '0123456789';
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MINUTE_MS = 60_000;

type Cursor = ReturnType<typeof createCursor>;

/**
 * Reads a timestamp such as `2020-05-31T17:55:47.263Z` from left to right, character by character.
 *
 * @returns ms since the epoch
 * @throws {Ended} if it is not a valid timestamp
 */
export function readTimestampNaively(text: string): number {
  const cursor = createCursor(text);
  const midnight = readDate(cursor);
  cursor.take('Tt');
  const time = readTime(cursor);
  const offset = readOffset(cursor);
  return cursor.isAtEnd() ? midnight + time - offset : reject();
}

function createCursor(text: string) {
  let at = 0;
  const sees = (chars: string) => at < text.length && chars.includes(text.charAt(at));
  const take = (chars: string): string => (sees(chars) ? text.charAt(at++) : reject());
  return {
    sees,
    take,
    number: (digits: number) => Number(Array.from({ length: digits }, () => take(DIGITS)).join('')),
    isAtEnd: () => at === text.length,
  };
}

function readDate({ take, number }: Cursor): number {
  const year = number(4);
  take('-');
  const month = number(2);
  take('-');
  const day = number(2);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
  if (year === 0 || day === 0 || day > days) reject();
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

/** The time of day, ms. A leap second stays in its minute; 24:00 is the next midnight. */
function readTime({ sees, take, number }: Cursor): number {
  const hour = number(2);
  take(':');
  const minute = number(2);
  let [second, ms] = [0, 0];
  if (sees(':')) {
    take(':');
    second = number(2);
    if (sees('.,')) {
      take('.,');
      let fraction = take(DIGITS);
      while (sees(DIGITS)) fraction += take(DIGITS);
      if (fraction.length > 9) reject();
      ms = Number(fraction.padEnd(3, '0').slice(0, 3));
    }
  }
  const isEndOfDay = hour === 24 && minute + second + ms === 0;
  if ((hour > 23 && !isEndOfDay) || minute > 59 || second > 60) reject();
  return (hour * 60 + minute) * MINUTE_MS + (second === 60 ? 59_999 : second * 1000 + ms);
}

function readOffset({ sees, take, number, isAtEnd }: Cursor): number {
  if (sees('Zz')) {
    take('Zz');
    return 0;
  }
  const sign = take('+-') === '-' ? -1 : 1;
  const hours = number(2);
  const hasColon = sees(':');
  if (hasColon) take(':');
  const minutes = hasColon || !isAtEnd() ? number(2) : 0;
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) reject();
  return sign * (hours * 60 + minutes) * MINUTE_MS;
}
