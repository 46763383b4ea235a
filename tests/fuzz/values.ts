import type { Random } from '../simulation/random.ts';
import { NOW } from './senders.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Placeholders for JSON that no JavaScript value is written as: see `asJson`. */
const HUGE = '~huge number~';
const DEEP = '~deep nesting~';

/** Names of fields: known to the service, special in JavaScript, or unknown. */
export const NAMES = [
  ...['type', 'timestamp', 'originalTimestamp', 'email', 'event', 'url', 'traits', 'page'],
  ...['context', 'batch', 'userId', 'messageId', '__proto__', 'constructor', 'prototype'],
  ...[
    'toString',
    'hasOwnProperty',
    '',
    ' email',
    'e\u200bmail',
    'unheardOfField',
    'then',
    'length',
  ],
] as const;

const ADDRESSES = [
  ...['plain', '@', 'a@b', ' padded@odd.example ', 'UPPER@ODD.EXAMPLE', 'x@b\u00fccher.example'],
  ...['one@odd.example,two@odd.example', '"in quotes"@odd.example', 'ip@[127.0.0.1]', 'x@y..z'],
  ...['with\0null@odd.example', 'with\nbreak@odd.example', 'k\u212aelvin@odd.example', 'dot.@o.dd'],
  ...['<angle@odd.example>', 'mailto:link@odd.example', 'x@odd.example.', `${'l'.repeat(64)}@o.dd`],
  ...[`${'l'.repeat(65)}@odd.example`, `x@${'d'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(130)}`],
  ...['x@xn--a.example', 'x@1.2.3.4', 'percent%2fencoded@odd.example', '\ud800@odd.example'],
] as const;

const TIMESTAMPS = [
  ...['2020-02-30T00:00:00Z', '2020-02-29T24:00:00Z', '2016-12-31T23:59:60Z', '2020-05-31'],
  ...['2020-05-31T17:55:47', '2020-05-31T17:55:47+14:00', '2020-05-31T17:55:47-14:01', '20200531'],
  ...['0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59Z', '+275760-09-13T00:00:00Z', 'yesterday'],
  ...['2020-05-31T17:55:47.123456789Z', '2020-05-31t17:55z', ' 2020-05-31T17:55:47Z ', '0'],
  ...['1590947747263', '2020-13-01T00:00:00Z', '2020-05-31 17:55:47Z', '1900-02-29T00:00:00Z'],
  ...[new Date(NOW + DAY_MS).toISOString(), new Date(NOW + DAY_MS + 1).toISOString()],
] as const;

const TEXTS = [
  ...['', ' ', '\u00a0\ufeff', 'https://odd.example/path?secret=of-the-url', 'Oddly called'],
  ...['half \ud83d a pair', '\udc00low first', 'null\0inside', '\u2028line\u2029ends', '😀'],
  ...['"quotes" and \\slashes\\ in it', '<script>alert(1)</script>', '%s %d %j $& $1', HUGE, DEEP],
  ...[
    'identify',
    'IDENTIFY',
    'track',
    'page',
    'Screen',
    '__proto__',
    'undefined',
    'NaN',
    'x'.repeat(9),
  ],
] as const;

const LENGTHS = [9, 254, 2047, 2048, 2049, 9000, 31_000, 33_000, 50_000] as const;
const NUMBERS = [0, -0, 1, -1, 0.1, 2 ** 53, 1e308, 5e-324, 1590947747263] as const;

/** Makes a string for any field. */
export function someText(random: Random): string {
  return random.pick([
    () => random.pick(ADDRESSES),
    () => random.pick(TIMESTAMPS),
    () => random.pick(TEXTS),
    () => someTimestamp(random),
    () => (random.chance(0.2) ? 'some filler '.repeat(random.pick(LENGTHS) / 12) : 'brief filler'),
  ])();
}

/** Makes any JSON value, mostly a string. */
export function someValue(random: Random, depth = 0): unknown {
  const dice = random.next();
  if (dice < 0.6 || depth > 3) return someText(random);
  if (dice < 0.7) return null;
  if (dice < 0.78) return random.pick([true, false]);
  if (dice < 0.86) return random.pick(NUMBERS);
  const inside = Array.from({ length: random.int(4) }, () => someValue(random, depth + 1));
  if (dice < 0.92) return inside;
  return Object.fromEntries(inside.map((value) => [random.pick(NAMES), value]));
}

/** Makes a valid timestamp of one of a few days, often at the start or end of the day. */
export function someTimestamp(random: Random): string {
  const midnight = NOW - (NOW % DAY_MS) - random.int(4) * DAY_MS + random.pick([0, 10 * HOUR_MS]);
  return new Date(midnight + random.pick([-1, 0, 1, HOUR_MS])).toISOString();
}

/** Writes a value as JSON, and replaces the placeholders. */
export function asJson(value: unknown, random: Random): string {
  const text = JSON.stringify(value);
  if (!text.includes('~')) return text;
  const depth = random.pick([3, 49, 99, 101, 150, 2500, 4000, 12_000]);
  const deep = random.chance(0.5)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  return text.replaceAll(`"${HUGE}"`, '-1e9999').replaceAll(`"${DEEP}"`, deep);
}
