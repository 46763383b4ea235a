import { describe, expect, it } from 'vitest';
import { readBody } from '../../lib/intake/read-body.ts';
import { rejected } from './rejected.ts';

describe('the three bodies', () => {
  const event = { type: 'identify' };
  const events = (count: number) => Array.from({ length: count }, () => event);

  it.each([
    ['one event', event, { isBatch: false, events: [event] }],
    ['{"batch": […]}', { batch: [event, 5], sentAt: 'x' }, { isBatch: true, events: [event, 5] }],
    [
      '{"Batch": […]}, as field names match in any casing',
      { Batch: [event] },
      { isBatch: true, events: [event] },
    ],
    ['[event, …]', [event, null], { isBatch: true, events: [event, null] }],
    ['a batch of one, which still is a batch', [event], { isBatch: true, events: [event] }],
    ['a batch of none', { batch: [] }, { isBatch: true, events: [] }],
    [
      'what is no event, for the parser of events to refuse',
      'x',
      { isBatch: false, events: ['x'] },
    ],
    ['null', null, { isBatch: false, events: [null] }],
  ])('%s', (_what, json, body) => {
    expect(readBody(json)).toEqual(body);
  });

  it.each([{ batch: {} }, { batch: 'x' }, { batch: null }])('%j is rejected', (json) => {
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
