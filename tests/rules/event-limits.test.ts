import { describe, expect, it } from 'vitest';
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

  it('is counted in bytes, not in characters', () => {
    const umlauts = { a: 'ö'.repeat(LIMIT / 2) };
    expect(JSON.stringify(umlauts).length).toBeLessThan(LIMIT);

    expect(() => checkEventLimits(umlauts)).toThrow(rejected('event_too_large'));
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
