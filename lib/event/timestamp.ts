import { Rejection, seen } from './rejection.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How far ahead of ours a sender's clock may be. */
const MAX_AHEAD_MS = DAY_MS;

/** ISO 8601, extended format, with the offset or `Z` that makes it an instant. */
const INSTANT =
  /^(?<date>(?!0000)\d{4}-\d\d-\d\d)[Tt](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?(?:[Zz]|(?<sign>[+-])(?<offsetHour>\d\d)(?::?(?<offsetMinute>\d\d))?)$/;

/**
 * Reads an instant: ISO 8601 with an offset or `Z`. `24:00` is the next midnight; a leap second
 * (`:60`) is the last millisecond of its minute, which keeps it on its day.
 *
 * @param value what the sender put there
 * @param field the field's name, for the message
 * @param now the present, ms since the epoch
 * @returns the instant in ms since the epoch
 * @throws {Rejection} 400 if it is no such instant, or more than 24 hours in the future
 */
export function parseTimestamp(value: string, field: string, now: number): number {
  const parts = INSTANT.exec(value.trim())?.groups;
  const instant = parts === undefined ? Number.NaN : toEpochMs(parts);
  if (Number.isNaN(instant)) throw new Rejection('timestamp', field, seen(value));
  if (instant > now + MAX_AHEAD_MS) throw new Rejection('future', field, 'one further ahead');
  return instant;
}

function toEpochMs(parts: Record<string, string | undefined>): number {
  const midnight = Date.parse(`${parts.date}T00:00:00Z`);
  // V8 rolls 2021-02-30 over into March: a date that does not come back as it was is none.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(`${parts.date}T`)) {
    return Number.NaN;
  }
  const [hour, minute, second] = [parts.hour, parts.minute, parts.second].map((n) =>
    Number(n ?? 0),
  );
  const fraction = Math.trunc(Number(`0.${parts.fraction ?? 0}`) * 1000);
  const time = timeOfDayMs(hour ?? 0, minute ?? 0, second ?? 0, fraction);
  return midnight + time - offsetMs(parts);
}

function timeOfDayMs(hour: number, minute: number, second: number, ms: number): number {
  const endOfDay = hour === 24 && minute === 0 && second === 0 && ms === 0;
  if ((hour > 23 && !endOfDay) || minute > 59 || second > 60) return Number.NaN;
  const wholeMinutes = (hour * 60 + minute) * 60_000;
  return wholeMinutes + (second === 60 ? 59_999 : second * 1000 + ms);
}

function offsetMs({ sign, offsetHour, offsetMinute }: Record<string, string | undefined>): number {
  const hours = Number(offsetHour ?? 0);
  const minutes = Number(offsetMinute ?? 0);
  const total = hours * 60 + minutes;
  if (minutes > 59 || total > 14 * 60) return Number.NaN;
  return (sign === '-' ? -total : total) * 60_000;
}
