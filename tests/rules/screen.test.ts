import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstEventIn, screen } from '../../lib/intake/screen.ts';
import { rejected } from './rejected.ts';

const TWICE = rejected(400, /^the event: expected each field once, in one casing, got one twice$/);
const PROTOTYPE = rejected(
  400,
  /^the event: expected no field named __proto__ or constructor, got one$/,
);
const NESTED = rejected(400, /^the event: expected at most 100 levels of nesting, got more$/);

/** An array in an array in an array … */
function nested(levels: number, open = '[', close = ']'): string {
  return open.repeat(levels) + close.repeat(levels);
}

/** The places of a batch that are refused, and what is left of it. */
function screened(text: string) {
  const { rejections, text: left } = screen(text);
  return { refused: [...rejections.keys()], left: JSON.parse(left) };
}

describe('a single event is refused', () => {
  it.each([
    ['with a name twice', '{"a":1,"a":1}', TWICE],
    ['with a name twice, once escaped', '{"abc":1,"\\u0061bc":2}', TWICE],
    ['with a name twice, deep inside', '{"x":[{"y":{"a":1,"b":2,"a":3}}]}', TWICE],
    ['with an empty name twice', '{"":1,"":2}', TWICE],
    ['with __proto__', '{"__proto__":{"email":"a@b.co"}}', PROTOTYPE],
    ['with __proto__, escaped', '{"\\u005f_proto__":1}', PROTOTYPE],
    ['with constructor', '{"traits":{"constructor":{"prototype":{}}}}', PROTOTYPE],
    ['nested over 100 levels, in arrays', `{"a":${nested(100)}}`, NESTED],
    ['nested over 100 levels, in objects', nested(101, '{"a":', '}').replace(':}', ':1}'), NESTED],
    ['nested a million deep and never closed', '{"a":'.repeat(1_000_000), NESTED],
  ])('%s', (_what, text, rejection) => {
    expect(() => screen(text)).toThrow(rejection);
  });

  it('by the name of the field, if it is one that is read', () => {
    expect(() => screen('{"email":"a@b.co","email":"c@d.co"}')).toThrow(
      rejected(400, /^email: expected each field once/),
    );
    expect(() => screen('{"peter@example.com":1,"peter@example.com":2}')).toThrow(TWICE);
  });
});

describe('a single event is let through', () => {
  it.each([
    ['with a name in several objects', '{"a":{"a":1},"b":[{"a":1},{"a":1}]}'],
    ['with a name in another casing', '{"a":1,"A":2}'],
    ['with such names as values', '{"a":"__proto__","b":["constructor","a","a"]}'],
    ['with structure inside of strings', '{"a":"{\\"a\\":[","b":"\\\\","c":"]}"}'],
    ['with 100 levels', `{"a":${nested(99)}}`],
    ['with space around colons', '{ "a" : 1 , "b"\n:\t2 }'],
  ])('%s', (_what, text) => {
    expect(screen(text)).toEqual({ text, rejections: new Map() });
  });
});

describe('in a batch', () => {
  it.each([
    ['[…]', (events: string) => `[${events}]`],
    ['{"batch": […]}', (events: string) => `{"sentAt":"x","batch":[${events}],"writeKey":"k"}`],
    ['{"Batch": […]}', (events: string) => `{"Batch" : [ ${events} ]}`],
  ])('only the event itself is refused: %s', (_form, body) => {
    const events = [
      '{"a":[1,2]}',
      '{"a":1,"a":2}',
      '5',
      '{"__proto__":[{}]}',
      nested(101),
      '{"z":1}',
    ];
    const { refused: places, left } = screened(body(events.join(' , ')));

    expect(places).toEqual([1, 3, 4]);
    const array: unknown = Array.isArray(left) ? left : (left.batch ?? left.Batch);
    expect(array).toEqual([{ a: [1, 2] }, null, 5, null, null, { z: 1 }]);
  });

  it('names what is wrong with each', () => {
    const { rejections } = screen(`[{"constructor":1},{"a":{"email":1,"email":2}},${nested(101)}]`);

    expect(rejections.get(0)).toEqual(PROTOTYPE);
    expect(rejections.get(1)).toEqual(rejected(400, /^email: expected each field once/));
    expect(rejections.get(2)).toEqual(NESTED);
  });

  it('what is around the events is refused as a whole', () => {
    expect(() => screen('{"batch":[],"batch":[]}')).toThrow(rejected(400, /^batch: /));
    expect(() => screen('{"batch":[{"a":1}],"__proto__":{}}')).toThrow(PROTOTYPE);
  });

  it('is left to the parser if it is no JSON, even inside of what is refused', () => {
    const text = '[{"a":1},{"b":2,"b":+3}]';
    expect(screen(text)).toEqual({ text, rejections: new Map() });
  });

  it('is no array elsewhere', () => {
    expect(() => screen('{"events":[{"a":1,"a":2}]}')).toThrow(TWICE);
    expect(() => screen('{"x":{"batch":[{"a":1,"a":2}]}}')).toThrow(TWICE);
  });
});

describe('the first event of an array', () => {
  it.each([
    ['[{"a":1},{"b":2}]', '{"a":1}'],
    [' [ {"a" : [{"]":"}"}]} ]', '{"a" : [{"]":"}"}]}'],
    ['[{}]', '{}'],
  ])('of %s is %s, as it is written', (text, event) => {
    expect(firstEventIn(text)).toBe(event);
  });

  it.each([
    '',
    '{}',
    '{"batch":[{"a":1}]}',
    '[]',
    '[[{"a":1}]]',
    '[1,{"a":1}]',
    '[{"a":1',
    '"[{}]"',
  ])('there is none in %s', (text) => {
    expect(firstEventIn(text)).toBe(undefined);
  });
});

describe('whatever text is sent', () => {
  it('is left as it is if JSON can say it without a name twice', () => {
    const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(json, (text) => {
        fc.pre(!/"(?:__proto__|constructor)"\s*:/.test(text));
        expect(screen(text)).toEqual({ text, rejections: new Map() });
      }),
      { numRuns: 1000 },
    );
  });

  it('is never made JSON, nor something else, if it is none', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '"a":1',
      '"batch":',
      ' 1',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        fc.pre(!isJson(text));
        const outcome = outcomeOfScreen(text);
        expect(outcome === 'refused' || !isJson(outcome)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

function outcomeOfScreen(text: string): string {
  try {
    return screen(text).text;
  } catch {
    return 'refused';
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
