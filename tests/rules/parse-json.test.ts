import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseJson } from '../../lib/intake/parse-json.ts';
import { rejected } from './rejected.ts';

describe('JSON', () => {
  it('is parsed as JSON.parse does it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '',
    '{',
    '{"a":1,}',
    "{'a':1}",
    'NaNa',
    '{"a":NaN',
    '{"a":Infinityy}',
    '"NaN',
    'undefined',
  ])('is rejected when it is none: %s', (text) => {
    expect(() => parseJson(text)).toThrow(rejected('json_invalid'));
  });
});

it('is parsed once only if it is broken, because that may take a second', () => {
  const parse = vi.spyOn(JSON, 'parse');
  expect(() => parseJson('[1,')).toThrow(rejected('json_invalid'));
  expect(parse).toHaveBeenCalledTimes(1);
  parse.mockRestore();
});

describe('at most 500,000 opening brackets', () => {
  /** JSON with exactly so many opening brackets, the outer one included. */
  const arrays = (count: number) => `[${'[],'.repeat(count - 2)}[]]`;
  const objects = (count: number) => `[${'{},'.repeat(count - 2)}{}]`;

  it.each([
    ['arrays', arrays],
    ['objects', objects],
  ])('takes 500,000 in %s, and rejects one more', (_what, bodyWith) => {
    expect(parseJson(bodyWith(500_000))).toHaveLength(499_999);
    expect(() => parseJson(bodyWith(500_001))).toThrow(rejected('too_many_brackets'));
  });

  it('counts both kinds together', () => {
    const [body, tooMuch] = [`[${arrays(250_000)},`, `[${arrays(250_001)},`];

    expect(parseJson(`${body}${objects(249_999)}]`)).toHaveLength(2);
    expect(() => parseJson(`${tooMuch}${objects(249_999)}]`)).toThrow(
      rejected('too_many_brackets'),
    );
  });

  it('counts those in texts, too', () => {
    expect(() => parseJson(`["${'{'.repeat(500_000)}"]`)).toThrow(rejected('too_many_brackets'));
  });

  it('looks at no other character, and not whether it is JSON', () => {
    expect(parseJson(`["${'](}<'.repeat(500_000)}"]`)).toHaveLength(1);
    expect(() => parseJson('['.repeat(500_001))).toThrow(rejected('too_many_brackets'));
  });
});

describe("Python's NaN and Infinity", () => {
  it.each([
    ['[NaN,Infinity,-Infinity,1]', [null, null, null, 1]],
    ['{"a":NaN,"b":{"c": -Infinity }}', { a: null, b: { c: null } }],
    ['NaN', null],
  ])('are null: %s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it('stay as they are inside texts, whatever is in them', () => {
    const sent = fc.array(
      fc.string({ unit: fc.constantFrom('"', '\\', 'NaN', ' ', '-Infinity', ',') }),
    );
    fc.assert(
      fc.property(sent, (texts) => {
        const text = `[NaN,${JSON.stringify(texts)},{${JSON.stringify('NaN')}:Infinity}]`;
        expect(parseJson(text)).toEqual([null, texts, { NaN: null }]);
      }),
    );
  });

  it.each([
    ['quotes that are escaped', `[NaN,"${'\\"'.repeat(1_000_000)}`],
    ['backslashes', `[NaN,"${'\\'.repeat(2_000_001)}`],
    ['text without end', `[NaN,"${'x'.repeat(4_000_000)}`],
  ])('are searched in linear time: %s', (_what, text) => {
    expect(() => parseJson(text)).toThrow(rejected('json_invalid'));
  });
});
