import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { checkEventLimits } from '../../lib/intake/event-limits.ts';
import { rejected } from './rejected.ts';

describe('an event over 32 KB', () => {
  const LIMIT = 32 * 1024;
  const sized = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });

  it('is accepted at exactly 32 KB', () => {
    expect(JSON.stringify(sized(LIMIT))).toHaveLength(LIMIT);

    expect(() => checkEventLimits(sized(LIMIT))).not.toThrow();
  });

  it('is rejected with one byte more', () => {
    expect(() => checkEventLimits(sized(LIMIT + 1))).toThrow(rejected('event_too_large'));
  });

  it.each<[string, (bytes: number) => unknown]>([
    ['filled up with a text', (bytes) => 'x'.repeat(bytes - '""'.length)],
    // Two bytes for each: the digit, and the comma or the bracket behind it.
    ['filled up with numbers', (bytes) => Array.from({ length: (bytes - 1) / 2 }, () => 1)],
  ])('is any event that has one byte more, and no other: %s', (_how, filling) => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const left = LIMIT - Buffer.byteLength(JSON.stringify([value, 0])) + 1;
        const bytes = left + 1 - (left % 2);
        const event = [value, filling(bytes)];
        const isOver = Buffer.byteLength(JSON.stringify(event)) > LIMIT;
        const check = () => checkEventLimits(event);
        if (isOver) expect(check).toThrow(rejected('event_too_large'));
        else expect(check).not.toThrow();
      }),
    );
  });

  it.each([
    ['empty texts', '', 3],
    ['empty arrays', [], 3],
    ['empty objects', {}, 3],
    ['objects with an empty name', { '': 1 }, 7],
  ])('is counted to the byte where it is full of %s', (_what, value, bytesEach) => {
    const count = Math.floor(LIMIT / bytesEach) - 1;
    const values = Array.from({ length: count }, () => value);
    const missing = LIMIT - JSON.stringify([...values, 1]).length;
    const full = [...values, 10 ** missing];
    expect(JSON.stringify(full)).toHaveLength(LIMIT);

    expect(() => checkEventLimits(full)).not.toThrow();
    expect(() => checkEventLimits([...values, 10 ** (missing + 1)])).toThrow(
      rejected('event_too_large'),
    );
  });

  it.each([
    ['has texts', { a: 'x', b: ['y'] }],
    // The first number has two digits, to come to an even number of bytes.
    ['has exactly 32 KB of numbers', [10, ...Array.from({ length: LIMIT / 2 - 2 }, () => 1)]],
  ])('is told without writing it as JSON, which takes longer, if it %s', (_what, event) => {
    const write = vi.spyOn(JSON, 'stringify');
    checkEventLimits(event);
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });

  it('is counted in bytes, not in characters', () => {
    const umlauts = { a: 'ö'.repeat(LIMIT / 2) };
    expect(JSON.stringify(umlauts).length).toBeLessThan(LIMIT);

    expect(() => checkEventLimits(umlauts)).toThrow(rejected('event_too_large'));
  });
});

it('an event of JSON values of all kinds is accepted', () => {
  expect(() => checkEventLimits({ a: [null, true, 1, 'x', {}, []] })).not.toThrow();
  expect(() => checkEventLimits(null)).not.toThrow();
});

describe('an event of more values than 32 KB of JSON can hold', () => {
  const MAX_VALUES = 16 * 1024;

  it('is rejected before the rest of it is looked at', () => {
    const look = vi.fn();
    const rest = Object.defineProperty({}, 'x', { get: look, enumerable: true });
    const event = [...Array.from({ length: MAX_VALUES }, () => 0), rest];
    expect(() => checkEventLimits(event)).toThrow(rejected('event_too_large'));
    expect(look).not.toHaveBeenCalled();
  });

  it('is accepted with one less', () => {
    // The array itself is a value, too.
    expect(() => checkEventLimits(Array.from({ length: MAX_VALUES - 1 }, () => 0))).not.toThrow();
  });
});

describe('an event of more than 100 levels of nesting', () => {
  const nested = (levels: number, [open, close]: [string, string]): unknown =>
    JSON.parse(open.repeat(levels) + close.repeat(levels));

  it.each<[string, [string, string]]>([
    ['arrays', ['[', ']']],
    ['objects', ['{"a":', '}']],
  ])('is accepted at exactly 100, and rejected with one more: %s', (_what, brackets) => {
    const close: [string, string] = brackets[0] === '[' ? brackets : ['{"a":[', ']}'];
    const deepest = nested(brackets[0] === '[' ? 100 : 50, close);

    expect(() => checkEventLimits(deepest)).not.toThrow();
    expect(() => checkEventLimits({ deepest })).toThrow(rejected('nesting_too_deep'));
  });

  it('is rejected however deep it is', () => {
    expect(() => checkEventLimits(nested(1_000_000, ['[', ']']))).toThrow(
      rejected('nesting_too_deep'),
    );
  });
});
