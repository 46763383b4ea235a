import { describe, expect, it, vi } from 'vitest';
import { EventFields, readShared } from '../../lib/event/event-fields.ts';
import { rejected } from './rejected.ts';

describe('field names match in any casing', () => {
  it.each([
    ['as documented', 'email', { email: 'a@b.co' }],
    ['in capitals', 'email', { EMAIL: 'a@b.co' }],
    ['with a capital inside', 'originalTimestamp', { originaltimestamp: 'a@b.co' }],
    ['at the second level', 'traits.email', { Traits: { EMAIL: 'a@b.co' } }],
    ['at the third level', 'context.traits.email', { Context: { TRAITS: { eMail: 'a@b.co' } } }],
  ])('%s', (_casing, path, sent) => {
    expect(new EventFields(sent).textAt(path)).toBe('a@b.co');
  });

  it.each([
    ['email', { email: 'a@b.co', Email: 'c@d.co' }],
    ['originalTimestamp', { originalTimestamp: '1', originaltimestamp: '2' }],
    ['traits', { traits: { a: 1 }, TRAITS: { a: 2 } }],
    ['traits.email', { traits: { email: 'a@b.co', EMAIL: 'c@d.co' } }],
    ['context.page.url', { context: { page: { url: 'a', Url: 'b' } } }],
  ])('a field that appears in two casings is rejected by its name: %s', (field, sent) => {
    expect(() => new EventFields(sent).valueAt(field)).toThrow(
      rejected('field_repeated', `${field} appears more than once`),
    );
  });

  it.each([
    ['of the same value', { email: 'a@b.co', Email: 'a@b.co' }],
    ['of the same object', { EMAIL: 'a@b.co', traits: { a: [1] }, Traits: { a: [1] } }],
    ['one of which is null', { email: null, Email: 'a@b.co' }],
    ['one of which is empty', { Email: 'a@b.co', email: ' ' }],
  ])('two casings are no contradiction: %s', (_what, sent) => {
    expect(new EventFields(sent).textAt('email')).toBe('a@b.co');
    expect(() => new EventFields(sent).inLowerCase()).not.toThrow();
  });

  it('is no error where nobody reads the field', () => {
    const event = new EventFields({
      email: 'a@b.co',
      Foo: 1,
      foo: 2,
      traits: { plan: [], PLAN: {} },
    });

    expect(event.textAt('email')).toBe('a@b.co');
    expect(event.textAt('traits.email')).toBeUndefined();
  });
});

describe('the whole event in lower case', () => {
  it('changes names at every level, and no value', () => {
    const Traits = { Plans: [{ Name: 'Pro' }, 'Free', null], Phone: null };
    const sent = { Email: 'A@b.co', Traits };

    expect(new EventFields(sent).inLowerCase()).toEqual({
      email: 'A@b.co',
      traits: { plans: [{ name: 'Pro' }, 'Free', null], phone: null },
    });
  });

  it.each([
    [{ Email: 'a@b.co', email: null }, { email: 'a@b.co' }],
    [{ Email: null, email: 'a@b.co' }, { email: 'a@b.co' }],
    [{ Email: '', email: null }, { email: '' }],
    [{ Email: null }, { email: null }],
  ])('has in lower case the spelling that has a value: %j', (sent, inLowerCase) => {
    expect(new EventFields(sent).inLowerCase()).toEqual(inLowerCase);
  });

  it('is rejected if any object has a name twice, without repeating the name', () => {
    expect(() => new EventFields({ x: [{ secret: 1, Secret: 2 }] }).inLowerCase()).toThrow(
      rejected('field_repeated', 'A field appears more than once'),
    );
  });
});

it('looks through the names of an object only once', () => {
  const ownKeys = vi.fn(Reflect.ownKeys);
  const event = new EventFields(new Proxy({ a: 1, b: 2 }, { ownKeys }));
  expect([event.valueAt('a'), event.valueAt('b')]).toEqual([1, 2]);
  expect(ownKeys).toHaveBeenCalledTimes(1);
});

it('looks through the names only once for all events of a batch, at every level', () => {
  const ownKeys = vi.fn(Reflect.ownKeys);
  const page = new Proxy({ url: 'u', title: 't' }, { ownKeys });
  const shared = readShared({ context: new Proxy({ page }, { ownKeys }) });
  for (let n = 0; n < 3; n += 1) {
    const event = new EventFields({ email: 'a@b.co' }, shared);
    expect([event.valueAt('context.page.url'), event.valueAt('context.page.title')]).toEqual([
      'u',
      't',
    ]);
  }
  expect(ownKeys).toHaveBeenCalledTimes(2);
});

describe('fields named like parts of a prototype', () => {
  it('are fields like any other', () => {
    const sent: unknown = JSON.parse('{"__proto__":{"email":"a@b.co"},"constructor":{"x":1}}');
    const event = new EventFields(sent);

    expect(event.textAt('email')).toBeUndefined();
    expect(event.textAt('__proto__.email')).toBe('a@b.co');
    expect(event.valueAt('toString')).toBeUndefined();
    expect(Object.getPrototypeOf(event.inLowerCase())).toBe(Object.prototype);
  });
});

describe('a field of another type', () => {
  it.each([5, 0, true, false, ['a@b.co'], {}])('is no string: %j', (value) => {
    expect(() => new EventFields({ traits: { email: value } }).textAt('traits.email')).toThrow(
      rejected('field_not_string', 'traits.email must be a string'),
    );
  });

  it.each([
    ['traits', { traits: 'secret' }],
    ['traits', { Traits: [{ email: 'secret' }] }],
    ['context', { context: 1 }],
    ['context.traits', { context: { traits: false } }],
  ])('is no object: %s', (field, sent) => {
    const path = field === 'traits' ? 'traits.email' : 'context.traits.email';
    expect(() => new EventFields(sent).textAt(path)).toThrow(
      rejected('field_not_object', `${field} must be an object`),
    );
  });

  it.each([null, 'a@b.co', 5, true, [{ email: 'a@b.co' }]])('is no event: %j', (sent) => {
    expect(() => new EventFields(sent)).toThrow(rejected('event_not_object'));
  });
});

it.each([
  ['absent', {}],
  ['null', { email: null, traits: null }],
  ['empty', { email: '', traits: '' }],
  ['blank', { email: ' \t', traits: { email: ' ' } }],
  ["PHP's empty object", { traits: [] }],
])('a field that is %s has no value', (_what, sent) => {
  const event = new EventFields(sent);

  expect(event.textAt('email')).toBeUndefined();
  expect(event.textAt('traits.email')).toBeUndefined();
});

describe('what a batch says of all its events', () => {
  const shared = new EventFields({
    context: { page: { url: 'shared', title: 'Shared' } },
    sentAt: 's',
  });

  it("counts where the event has no value, so the event's own fields come first", () => {
    const event = new EventFields({ Context: { Page: { URL: 'own' }, traits: [] } }, shared);

    expect(event.textAt('context.page.url')).toBe('own');
    expect(event.textAt('context.page.title')).toBe('Shared');
    expect(event.textAt('sentAt')).toBe('s');
    expect(event.textAt('context.traits.email')).toBeUndefined();
  });
});
