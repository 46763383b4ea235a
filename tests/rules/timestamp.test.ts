import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correctClock, isUnset, parseTimestamp, rejectFuture } from '../../lib/event/timestamp.ts';
import { outcomeOf, rejected } from './rejected.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0, 0);
const HOUR_MS = 3_600_000;
const parse = (value: unknown) => parseTimestamp(value, 'timestamp');
const parseNow = (value: unknown) => rejectFuture(parse(value), 'timestamp', NOW);

describe('ISO 8601 with an offset or Z', () => {
  it.each([
    [
      "Nat's documented example",
      '2020-05-31T17:55:47.263Z',
      Date.UTC(2020, 4, 31, 17, 55, 47, 263),
    ],
    ['no fraction', '2020-05-31T17:55:47Z', Date.UTC(2020, 4, 31, 17, 55, 47)],
    ['no seconds', '2020-05-31T17:55Z', Date.UTC(2020, 4, 31, 17, 55)],
    ['lower-case t and z', '2020-05-31t17:55:47.263z', Date.UTC(2020, 4, 31, 17, 55, 47, 263)],
    ['space around it', ' 2020-05-31T17:55:47Z\n', Date.UTC(2020, 4, 31, 17, 55, 47)],
    ['one digit of fraction', '2020-05-31T17:55:47.5Z', Date.UTC(2020, 4, 31, 17, 55, 47, 500)],
    ['two digits', '2020-05-31T17:55:47.05Z', Date.UTC(2020, 4, 31, 17, 55, 47, 50)],
    [
      'six digits, as Python has',
      '2020-05-31T17:55:47.263999Z',
      Date.UTC(2020, 4, 31, 17, 55, 47, 263),
    ],
    [
      'nine digits, as Go has',
      '2020-05-31T17:55:47.999999999Z',
      Date.UTC(2020, 4, 31, 17, 55, 47, 999),
    ],
    ['a comma, as ISO prefers', '2020-05-31T17:55:47,263Z', Date.UTC(2020, 4, 31, 17, 55, 47, 263)],
    ['an offset of nothing', '2020-05-31T17:55:47+00:00', Date.UTC(2020, 4, 31, 17, 55, 47)],
    ['an offset of minus nothing', '2020-05-31T17:55:47-00:00', Date.UTC(2020, 4, 31, 17, 55, 47)],
    ['an offset to the east', '2020-06-01T01:00:00+02:00', Date.UTC(2020, 4, 31, 23)],
    ['an offset to the west', '2020-05-31T20:00:00-05:00', Date.UTC(2020, 5, 1, 1)],
    ['an offset of quarters', '2020-05-31T05:45:00+05:45', Date.UTC(2020, 4, 31)],
    ['an offset without a colon', '2020-05-31T02:00:00+0200', Date.UTC(2020, 4, 31)],
    ['quarters without a colon', '2020-05-31T05:45:00+0545', Date.UTC(2020, 4, 31)],
    ['an offset behind the minutes', '2020-05-31T17:55+02:00', Date.UTC(2020, 4, 31, 15, 55)],
    [
      'an offset behind one digit',
      '2020-05-31T17:55:47.5-02',
      Date.UTC(2020, 4, 31, 19, 55, 47, 500),
    ],
    [
      'an offset behind two digits',
      '2020-05-31T17:55:47.05-0530',
      Date.UTC(2020, 4, 31, 23, 25, 47, 50),
    ],
    [
      'an offset behind six digits, as Python writes it',
      '2020-05-31T17:55:47.263999+00:00',
      Date.UTC(2020, 4, 31, 17, 55, 47, 263),
    ],
    ['an offset of hours alone', '2020-05-31T02:00:00+02', Date.UTC(2020, 4, 31)],
    ['the easternmost offset', '2020-05-31T14:00:00+14:00', Date.UTC(2020, 4, 31)],
    ['the offset as far west', '2020-05-31T10:00:00-14:00', Date.UTC(2020, 5, 1)],
    ['a leap day', '2020-02-29T00:00:00Z', Date.UTC(2020, 1, 29)],
    ['a leap day of a whole century', '2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['a date before the epoch', '1969-12-31T23:59:59.999Z', -1],
    ['the first year there is', '0001-01-01T00:00:00Z', -62_135_596_800_000],
  ])('takes %s', (_what, value, expected) => {
    expect(parse(value)).toBe(expected);
  });

  it('takes every millisecond as it is', () => {
    const start = Date.UTC(2020, 4, 31, 17, 55, 47);
    const all = Array.from({ length: 1000 }, (_, ms) => ms);

    const parsed = all.map((ms) => parse(`2020-05-31T17:55:47.${String(ms).padStart(3, '0')}Z`));

    expect(parsed).toEqual(all.map((ms) => start + ms));
  });

  it('gives the same instant in whatever offset it is written', () => {
    const instants = fc.integer({ min: Date.UTC(1000, 0, 1), max: NOW });
    fc.assert(
      fc.property(instants, fc.integer({ min: -14 * 60, max: 14 * 60 }), (instant, offset) => {
        const local = new Date(instant + offset * 60_000).toISOString().slice(0, -1);
        const hours = String(Math.trunc(Math.abs(offset) / 60)).padStart(2, '0');
        const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
        expect(parse(`${local}${offset < 0 ? '-' : '+'}${hours}:${minutes}`)).toBe(instant);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['an empty text', ''],
    ['a number', 1590947747263],
    ['an object', {}],
    ['null', null],
    ['words', 'yesterday'],
    ['a bare date', '2020-05-31'],
    ['a local time', '2020-05-31T17:55:47.263'],
    ['a bare date with Z', '2020-05-31Z'],
    ['an hour alone', '2020-05-31T17Z'],
    ['seconds since the epoch', '1590947747'],
    ['ms since the epoch', '1590947747263'],
    ['an HTTP date', 'Sun, 31 May 2020 17:55:47 GMT'],
    ['an American date', '05/31/2020 17:55:47Z'],
    ['a named zone', '2020-05-31T17:55:47 Europe/Berlin'],
    ['something behind it', '2020-05-31T17:55:47Z[UTC]'],
    ['two lines', '2020-05-31T17:55:47Z\n2020-05-31T17:55:47Z'],
    ['two in a row', '2020-05-31T17:55:47Z2020-05-31T17:55:47+02:00'],
    ['a fraction of no digits', '2020-05-31T17:55:47.Z'],
    ['a fraction of ten digits', '2020-05-31T17:55:47.0123456789Z'],
    ['an offset beyond +14:00', '2020-05-31T17:55:47+14:01'],
    ['an offset beyond -14:00', '2020-05-31T17:55:47-14:01'],
    ['an offset of 60 minutes', '2020-05-31T17:55:47+01:60'],
    ['the 30th of February', '2020-02-30T00:00:00Z'],
    ['the 29th of February in a common year', '2021-02-29T00:00:00Z'],
    ['the 29th of February of a common century', '1900-02-29T00:00:00Z'],
    ['the 31st of April', '2020-04-31T00:00:00Z'],
    ['the 32nd of May', '2020-05-32T00:00:00Z'],
    ['day nought', '2020-05-00T00:00:00Z'],
    ['month nought', '2020-00-10T00:00:00Z'],
    ['month 13', '2020-13-01T00:00:00Z'],
    ['the year nought', '0000-12-31T00:00:00Z'],
    ['an expanded year', '+002020-05-31T00:00:00Z'],
    ['hour 25', '2020-05-31T25:00:00Z'],
    ['minute 60', '2020-05-31T17:60:00Z'],
    ['second 61', '2020-05-31T17:55:61Z'],
    ['a time after 24:00', '2020-05-31T24:00:01Z'],
    ['a minute after 24:00', '2020-05-31T24:01:00Z'],
    ['a millisecond after 24:00', '2020-05-31T24:00:00.001Z'],
    ['a leap second after 24:00', '2020-05-31T24:00:60Z'],
    ['something in front of it', 'x2020-05-31T17:55:47Z'],
  ])('rejects %s', (_what, value) => {
    expect(() => parse(value)).toThrow(
      rejected('timestamp_invalid', 'timestamp must be an ISO 8601'),
    );
  });

  it('names the field it was given and not the value', () => {
    expect(() => parseTimestamp('last Friday', 'originalTimestamp')).toThrow(
      rejected('timestamp_invalid', 'originalTimestamp must be'),
    );
  });
});

describe('24:00 and leap seconds', () => {
  it.each([
    ['24:00 is the next midnight', '2020-05-31T24:00:00Z', Date.UTC(2020, 5, 1)],
    ['24:00 without seconds, too', '2020-05-31T24:00Z', Date.UTC(2020, 5, 1)],
    ['24:00 at the end of a year', '2019-12-31T24:00:00.000Z', Date.UTC(2020, 0, 1)],
    ['24:00 in its own offset', '2020-05-31T24:00:00+02:00', Date.UTC(2020, 4, 31, 22)],
  ])('%s', (_rule, value, expected) => {
    expect(parse(value)).toBe(expected);
  });

  it.each(['2016-12-31T23:59:60Z', '2016-12-31T23:59:60.999Z', '2017-01-01T08:59:60+09:00'])(
    'a leap second stays on its day: %s',
    (value) => {
      expect(parse(value)).toBe(Date.UTC(2016, 11, 31, 23, 59, 59, 999));
    },
  );
});

describe('more than 24 h in the future', () => {
  it('takes exactly 24 h ahead', () => {
    expect(parseNow('2026-11-25T12:00:00.000Z')).toBe(NOW + 24 * HOUR_MS);
  });

  it.each([
    ['a millisecond more', '2026-11-25T12:00:00.001Z'],
    ['a millisecond more by its offset', '2026-11-25T11:00:00.001-01:00'],
    ['the last year there is', '9999-12-31T23:59:59-14:00'],
  ])('rejects %s', (_what, value) => {
    expect(() => parseNow(value)).toThrow(
      rejected('timestamp_in_future', 'timestamp is more than 24 hours'),
    );
  });

  it('takes what only its wall clock shows as later', () => {
    expect(parseNow('2026-11-26T02:00:00+14:00')).toBe(NOW + 24 * HOUR_MS);
  });
});

it('is the same with Z and with an offset of zero, whatever the date and the time are', () => {
  const digits = (count: number, most: number) =>
    fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(count, '0'));
  const clock = fc
    .tuple(digits(2, 25), digits(2, 61), digits(2, 61))
    .map((parts) => parts.join(':'));
  const day = fc.tuple(digits(4, 9999), digits(2, 13), digits(2, 32)).map((date) => date.join('-'));
  fc.assert(
    fc.property(day, clock, digits(3, 999), (date, time, ms) => {
      const text = `${date}T${time}.${ms}`;
      const outcome = outcomeOf(() => parse(`${text}Z`));
      expect(outcome).toEqual(outcomeOf(() => parse(`${text}+00:00`)));
    }),
    {
      numRuns: 5000,
      examples: [
        ['0000-01-01', '00:00:00', '000'],
        ['2021-02-29', '12:00:00', '000'],
        ['2020-02-29', '24:00:00', '000'],
        ['2020-12-31', '24:00:00', '001'],
        ['2016-12-31', '23:59:60', '999'],
      ],
    },
  );
});

describe('a time that is not set', () => {
  it.each(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1970-01-01T02:00:00+02:00'])(
    'is %s',
    (value) => {
      expect(isUnset(parse(value))).toBe(true);
    },
  );

  it.each(['0001-01-01T00:00:00.001Z', '1970-01-01T00:00:01Z', '2020-05-31T17:55:47.263Z'])(
    'is not %s',
    (value) => {
      expect(isUnset(parse(value))).toBe(false);
    },
  );
});

describe('a wrong clock of a device', () => {
  const days = 24 * HOUR_MS;

  it('is corrected as far back as 1970, and no further', () => {
    expect(correctClock(NOW, NOW + NOW, NOW)).toBe(0);
    expect(correctClock(NOW, NOW + NOW + 1, NOW)).toBe(NOW);
  });

  it.each([
    ['three days behind', -3 * days],
    ['three days ahead', 3 * days],
  ])('is corrected when it is %s', (_what, error) => {
    const happenedAt = NOW - 2 * HOUR_MS;
    expect(correctClock(happenedAt + error, NOW + error, NOW)).toBe(happenedAt);
  });

  it.each([
    ['right within minutes', NOW - 4 * 60_000],
    ['five minutes behind', NOW - 5 * 60_000],
    ['five minutes ahead', NOW + 5 * 60_000],
    ['unknown', undefined],
    ['the last day that .NET knows', Date.UTC(9999, 11, 31)],
    ['so far ahead that the event would be from before 1970', NOW + NOW - days + 1],
  ])('is left alone when it is %s', (_what, sentAt) => {
    expect(correctClock(NOW - days, sentAt, NOW)).toBe(NOW - days);
  });
});
