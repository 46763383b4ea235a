import fc from 'fast-check';
import { PUNYCODE } from './naive-reading.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Mostly a value of the first kind, sometimes of the second. */
export const mostly = <T, U>(often: fc.Arbitrary<T>, seldom: fc.Arbitrary<U>, weight = 25) =>
  fc.oneof({ weight, arbitrary: often }, { weight: 1, arbitrary: seldom });

/** Texts without a visible character. */
export const blank = fc.constantFrom('', ' ', '\t\n', '\u00a0', '\ufeff');
const padded = (text: fc.Arbitrary<string>) =>
  mostly(
    text,
    fc.tuple(blank, text, blank).map((parts) => parts.join('')),
    4,
  );

const atom = mostly(
  fc.constantFrom('peter', 'Paul.Q', 'a', '007', 'j.o.e', 'x+tag', "!#$%&'*+/=?^_`{|}~-"),
  fc.constantFrom('', '.a', 'a.', 'a..b', 'jörg', '\u212aate', 'pe ter', '"q"', 'a,b', 'a@', 'a\0'),
);
const localPart = mostly(
  atom,
  fc.integer({ min: 62, max: 67 }).map((length) => 'l'.repeat(length)),
);
const label = mostly(
  fc.constantFrom('example', 'Mail', 'a-b', '4711', 'co', 'D', ...PUNYCODE.keys(), 'BÜCHER'),
  fc.constantFrom('', '-a', 'a-', 'ex_ample', 'a b', '[1', 'a%61', 'XN--BCHER-KVA', 'a:25', 'a/b'),
  25,
);
const longLabel = fc.integer({ min: 60, max: 64 }).map((length) => 'd'.repeat(length));
const domain = mostly(
  fc.array(label, { minLength: 2, maxLength: 4 }),
  fc.oneof(
    fc.array(longLabel, { minLength: 3, maxLength: 4 }),
    // Short as written, long in punycode.
    fc.integer({ min: 15, max: 20 }).map((length) => Array.from({ length }, () => 'bücher')),
    fc.array(label, { maxLength: 1 }),
  ),
).chain((labels) =>
  mostly(fc.constantFrom(`${labels.join('.')}.com`), fc.constant(labels.join('.')), 2),
);
/** An email address: mostly valid, else almost valid. */
export const address = padded(
  fc
    .tuple(localPart, mostly(fc.constant('@'), fc.constantFrom('', '@@', '.at.'), 30), domain)
    .map((parts) => parts.join('')),
);

/** A number of two or more digits, mostly in the range, sometimes just outside it. */
const number = (min: number, max: number, digits = 2) =>
  mostly(fc.integer({ min, max }), fc.constantFrom(min - 1, min, max, max + 1), 20).map((n) =>
    String(Math.max(n, 0)).padStart(digits, '0'),
  );
const year = mostly(
  fc.integer({ min: 2015, max: 2026 }),
  fc.constantFrom(0, 1, 1600, 1900, 2027),
  9,
);
const date = fc
  .tuple(
    year.map((n) => String(n).padStart(4, '0')),
    number(1, 12),
    fc.oneof(number(1, 28), number(28, 31)),
  )
  .map((parts) => parts.join('-'));
const fraction = fc.string({ unit: fc.constantFrom(...'0159'), maxLength: 10 });
const seconds = fc.oneof(
  fc.constant(''),
  number(0, 59).map((second) => `:${second}`),
  fc
    .tuple(number(0, 60), fc.constantFrom('.', ','), fraction)
    .map(([s, dot, f]) => `:${s}${dot}${f}`),
);
const midnight = fc.constantFrom('24:00', '24:00:00', '24:00:00.0009', '24:00:01', '23:59:60');
const time = mostly(
  fc.tuple(number(0, 23), fc.constant(':'), number(0, 59), seconds).map((parts) => parts.join('')),
  midnight,
);
const offset = fc
  .tuple(fc.constantFrom('+', '-'), number(0, 14), fc.constantFrom('', ':'), number(0, 59))
  .map(([sign, hours, colon, minutes]) => `${sign}${hours}${colon}${minutes}`);
const zone = fc.oneof(
  fc.constantFrom('Z', 'Z', 'z', '+14', '-00'),
  offset,
  mostly(offset, blank, 3),
);
const written = mostly(
  fc
    .tuple(date, mostly(fc.constantFrom('T', 't'), fc.constant(' '), 30), time, zone)
    .map((parts) => parts.join('')),
  fc.constantFrom(
    '',
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    'yesterday',
    '2020-05-31',
    '1590947747263',
    '+002020-05-31T00:00:00Z',
  ),
  20,
);
/**
 * A timestamp: mostly valid, else almost valid, or a little too far in the future.
 *
 * @param now the current time, ms since the epoch
 */
export function generatedTimestamp(now: number): fc.Arbitrary<string> {
  const ahead = fc.integer({ min: -2, max: 2 }).map((ms) => now + DAY_MS + ms);
  const almostTooLate = ahead.map((ms) => new Date(ms).toISOString());
  return padded(mostly(written, almostTooLate, 15));
}

const half = fc.constantFrom('x'.repeat(2047), 'x'.repeat(2046), '');
/** A url or the name of an event, with lengths around every limit. */
export const description = fc.oneof(
  fc.webUrl(),
  fc.constantFrom('User logged in', 'https://example.com', 'x'.repeat(2049)),
  blank,
  fc.tuple(half, fc.string({ unit: 'binary', maxLength: 4 })).map((parts) => parts.join('')),
  fc.constantFrom('a\ud800', '\udc00b'),
);
