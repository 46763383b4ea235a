import { describe, expect, it } from 'vitest';
import { readBody } from '../../lib/intake/read-body.ts';
import { rejected } from './rejected.ts';

describe('the three bodies', () => {
  const event = { type: 'identify' };
  const events = (count: number) => Array.from({ length: count }, () => event);

  it.each([
    ['one event', event, { form: 'single', events: [event] }],
    ['{"batch": […]}', { batch: [event, 5] }, { form: 'batch', events: [event, 5] }],
    [
      '{"Batch": […]}, as field names match in any casing',
      { Batch: [event] },
      { form: 'batch', events: [event] },
    ],
    ['[event, …]', [event, null], { form: 'array', events: [event, null] }],
    ['a batch of one, which still is a batch', [event], { form: 'array', events: [event] }],
    ['a batch of none', { batch: [] }, { form: 'batch', events: [] }],
    [
      'what is no event, for the parser of events to refuse',
      'x',
      { form: 'single', events: ['x'] },
    ],
    ['null', null, { form: 'single', events: [null] }],
  ])('%s', (_what, json, body) => {
    expect(readBody(json)).toEqual(body);
  });

  it.each([{ batch: {} }, { batch: 'x' }, { batch: 5 }])('%j is rejected', (json) => {
    expect(() => readBody(json)).toThrow(rejected('batch_not_array', 'batch must be an array'));
  });

  it('accepts 4,000 events', () => {
    expect(readBody(events(4000)).events).toHaveLength(4000);
    expect(readBody({ batch: events(4000) }).events).toHaveLength(4000);
  });

  it('rejects 4,001', () => {
    const tooMany = rejected('too_many_events');

    expect(() => readBody(events(4001))).toThrow(tooMany);
    expect(() => readBody({ batch: events(4001) })).toThrow(tooMany);
  });
});

describe('what a batch says of all its events', () => {
  it('is its context, and when it was sent', () => {
    const { shared } = readBody({
      batch: [],
      context: { page: { url: 'u' } },
      sentAt: 's',
      email: 'e',
    });

    expect(shared?.textAt('context.page.url')).toBe('u');
    expect(shared?.textAt('sentAt')).toBe('s');
    expect(shared?.textAt('email')).toBeUndefined();
  });

  it.each([{ context: { a: 'x' } }, { sentAt: 's' }])('may be one of them: %j', (common) => {
    const { shared } = readBody({ batch: [], ...common });
    expect(shared?.valueAt('context')).toEqual(common.context);
    expect(shared?.valueAt('sentAt')).toBe(common.sentAt);
  });

  it('is nothing if it says neither', () => {
    expect(readBody({ batch: [], email: 'e' }).shared).toBeUndefined();
  });

  it('is rejected over the limits of an event', () => {
    expect(() => readBody({ batch: [], context: { a: 'x'.repeat(33_000) } })).toThrow(
      rejected('event_too_large'),
    );
  });
});
