import { describe, expect, it } from 'vitest';
import { callSchema, eventSchema, parseFields } from '../../lib/event/event-fields.ts';
import { rejected } from './rejected.ts';

const parse = (value: unknown) => parseFields(eventSchema, value);

describe('field names match in any casing', () => {
  it.each([
    ['as documented', { type: 'identify', email: 'a@b.co', timestamp: 't' }],
    ['in capitals', { TYPE: 'identify', EMAIL: 'a@b.co', TIMESTAMP: 't' }],
    ['with a capital', { Type: 'identify', Email: 'a@b.co', Timestamp: 't' }],
  ])('at the top level, %s', (_casing, sent) => {
    expect(parse(sent)).toEqual({ email: 'a@b.co', timestamp: 't' });
    expect(parseFields(callSchema, sent)).toEqual({ type: 'identify' });
  });

  it('at every level of the nesting', () => {
    const sent = {
      Traits: { EMAIL: 'a@b.co' },
      PAGE: { Url: 'https://one.example' },
      Context: { TRAITS: { eMail: 'c@d.co' }, pAGE: { uRL: 'https://two.example' } },
      originaltimestamp: 't',
    };

    expect(parse(sent)).toEqual({
      traits: { email: 'a@b.co' },
      page: { url: 'https://one.example' },
      context: { traits: { email: 'c@d.co' }, page: { url: 'https://two.example' } },
      originalTimestamp: 't',
    });
  });

  it.each([
    ['email', { email: 'a@b.co', Email: 'c@d.co' }],
    ['originalTimestamp', { originalTimestamp: '1', originaltimestamp: '2' }],
    ['traits', { traits: {}, TRAITS: {} }],
    ['traits.email', { traits: { email: 'a@b.co', EMAIL: 'c@d.co' } }],
    ['context.page.url', { context: { page: { url: 'a', Url: 'b' } } }],
  ])('and a field sent twice in different casing is refused by its name: %s', (field, sent) => {
    expect(() => parse(sent)).toThrow(
      rejected(
        400,
        new RegExp(`^${field}: expected each field once, in one casing, got it in several$`),
      ),
    );
  });
});

describe('what is not ours', () => {
  it('is let through unread, whatever its type and however often', () => {
    const sent = { email: 'a@b.co', properties: 5, Foo: 1, foo: 2, traits: { plan: [], PLAN: {} } };

    expect(parse(sent)).toEqual({ email: 'a@b.co', traits: {} });
  });

  it('does not reach the prototype', () => {
    const sent: unknown = JSON.parse('{"__proto__":{"email":"a@b.co"},"constructor":1}');

    expect(parse(sent)).toEqual({});
  });
});

describe('a field of another type', () => {
  it.each([
    ['email: expected a string, got a number', { email: 5 }],
    ['email: expected a string, got an array', { Email: ['a@b.co'] }],
    ['email: expected a string, got an object', { EMAIL: { address: 'a@b.co' } }],
    ['timestamp: expected a string, got a number', { timestamp: 1590947747263 }],
    ['originalTimestamp: expected a string, got a boolean', { originaltimestamp: true }],
    ['event: expected a string, got a boolean', { event: false }],
    ['url: expected a string, got a number', { url: 0 }],
    ['traits: expected an object, got a string of length 6', { traits: 'a@b.co' }],
    ['traits: expected an object, got an array', { traits: [{ email: 'a@b.co' }] }],
    ['traits.email: expected a string, got a boolean', { Traits: { Email: true } }],
    ['page: expected an object, got a string of length 22', { page: 'https://secret.example' }],
    ['page.url: expected a string, got an object', { page: { url: { href: 'x' } } }],
    ['context: expected an object, got a number', { context: 1 }],
    [
      'context.traits.email: expected a string, got a number',
      { context: { traits: { email: 1 } } },
    ],
    ['context.page.url: expected a string, got an array', { context: { page: { url: [] } } }],
  ])('is refused: %s', (message, sent) => {
    expect(() => parse(sent)).toThrow(rejected(400, new RegExp(`^${message}$`)));
  });

  it.each([
    ['null', null],
    ['a string of length 6', 'a@b.co'],
    ['a number', 5],
    ['a boolean', true],
    ['an array', [{ email: 'a@b.co' }]],
  ])('is refused as an event: %s', (seen, sent) => {
    expect(() => parse(sent)).toThrow(
      rejected(400, new RegExp(`^the event: expected an object, got ${seen}$`)),
    );
  });

  it.each([
    ['nothing', {}],
    ['null', { type: null }],
    ['a number', { TYPE: 1 }],
  ])('is refused as the type of call: %s', (seen, sent) => {
    expect(() => parseFields(callSchema, sent)).toThrow(
      rejected(400, new RegExp(`^type: expected a string, got ${seen}$`)),
    );
  });
});

describe('null', () => {
  it('counts as absent wherever a field may be', () => {
    const sent = { traits: null, page: null, context: null, email: null, timestamp: null };

    expect(() => parse(sent)).not.toThrow();
  });
});
