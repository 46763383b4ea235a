import { describe, expect, it } from 'vitest';
import { readUserCall } from '../../lib/event/deletion.ts';
import { normalize } from '../../lib/event/normalize.ts';
import { eventTimes } from '../../lib/intake/event-times.ts';
import { outcomeOf } from './rejected.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
/** Fields that do not matter have the odd types of Segment's samples. */
const ODD = {
  context: '{}',
  originalTimestamp: 'Mon, 23 Nov 2026 22:28:55 GMT',
  timestamp: 0,
  traits: [1],
  integrations: 'All',
};

describe('a deletion message', () => {
  it.each([
    { type: 'delete', userId: 'u-1' },
    { type: 'DELETE', USERID: 'u-1' },
    { type: 'delete', userId: 'u-1', ...ODD },
  ])('is read by its type and its userId alone: %j', (event) => {
    expect(readUserCall(event)).toEqual({ isDeletion: true, userId: 'u-1' });
  });

  it('takes a number for the same id as its text', () => {
    expect(readUserCall({ type: 'delete', userId: 17 }).userId).toBe('17');
  });

  it.each([
    [{ type: 'delete' }, 'user_id_missing'],
    [{ type: 'delete', userId: ' ' }, 'user_id_missing'],
    [{ type: 'delete', userId: null }, 'user_id_missing'],
    [{ type: 'delete', userId: { id: 1 } }, 'user_id_invalid'],
    [{ type: 'delete', userId: '\ud83d' }, 'text_malformed'],
    [{ type: 'delete', userId: 'a', userid: 'b' }, 'field_repeated'],
  ])('is rejected with the field userId: %j', (event, code) => {
    expect(outcomeOf(() => readUserCall(event))).toMatchObject({ code, field: 'userId' });
  });

  it('is no other call', () => {
    expect(readUserCall({ type: 'identify', userId: 'u-1' }).isDeletion).toBe(false);
    expect(readUserCall({ userId: 'u-1' }).isDeletion).toBe(false);
  });

  it('gets 501 where deletions are off, and the message names the setting', () => {
    const settings = { timeZone: 'UTC', standardMessage: '-' };
    const rejection = outcomeOf(() => normalize({ type: 'delete', userId: 'u' }, settings, NOW));
    expect(rejection).toMatchObject({ code: 'deletions_off', status: 501 });
    expect(rejection).toHaveProperty('message', expect.stringContaining('deletions must be on'));
  });
});

describe('the times of the events of a request', () => {
  const [event, deletion] = [false, true];
  it.each([
    [
      [event, event],
      [NOW, NOW],
    ],
    [[deletion], [NOW]],
    [
      [event, deletion],
      [NOW, NOW],
    ],
    [
      [deletion, event],
      [NOW - 1, NOW],
    ],
    [
      [event, deletion, deletion, event, deletion, event],
      [NOW - 2, NOW - 2, NOW - 2, NOW - 1, NOW - 1, NOW],
    ],
  ])('let only what stands behind a deletion be later than it: %j', (isDeletion, times) => {
    expect(eventTimes(isDeletion, NOW)).toEqual(times);
  });
});
