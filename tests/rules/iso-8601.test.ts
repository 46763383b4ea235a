import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toIsoDate, toIsoTimestamp } from '../../lib/event/iso-8601.ts';

const YEAR_0 = Date.parse('0000-01-01T00:00:00.000Z');
const YEAR_9999_ENDS = Date.parse('9999-12-31T23:59:59.999Z');

it('writes every timestamp as toISOString does', () => {
  const instants = fc.integer({ min: YEAR_0, max: YEAR_9999_ENDS });
  fc.assert(
    fc.property(instants, (instant) => {
      expect(toIsoTimestamp(instant)).toBe(new Date(instant).toISOString());
    }),
    { numRuns: 5000 },
  );
});

it.each([
  '0000-01-01T00:00:00.000Z',
  '0099-09-09T09:09:09.009Z',
  '1970-01-01T00:00:00.000Z',
  '2020-10-10T10:10:10.010Z',
  '2020-05-31T17:55:47.263Z',
  '9999-12-31T23:59:59.999Z',
])('writes %s as it was', (timestamp) => {
  expect(toIsoTimestamp(Date.parse(timestamp))).toBe(timestamp);
});

it.each([
  [0, 1, 1, '0000-01-01'],
  [987, 9, 9, '0987-09-09'],
  [2020, 10, 10, '2020-10-10'],
])('writes the date %i, %i, %i as %s', (year, month, day, date) => {
  expect(toIsoDate(year, month, day)).toBe(date);
});
