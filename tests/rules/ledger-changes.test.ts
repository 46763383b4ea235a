import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../lib/ledger/entry.ts';
import { leaseUntil } from '../../lib/ledger/lease.ts';
import { attributesAfter } from '../../lib/ledger/outcome.ts';
import { retryQueueOf } from '../../lib/ledger/queues.ts';
import { retryWindowStart } from '../../lib/ledger/retry-window.ts';
import { pendingEntry } from '../../lib/ledger/status/pending.ts';
import { toRetryingAnew } from '../../lib/ledger/status/retrying.ts';

const NOW_ISO = '2026-11-24T08:00:00.263Z';
const NOW = Date.parse(NOW_ISO);
const LATER_ISO = '2026-11-24T09:30:00.000Z';
const LATER = Date.parse(LATER_ISO);
const key = { contact: 'acme#c', day: '2020-05-31' };
const event = { email: 'a@b.co', timestamp: '2020-05-31T17:55:47.263Z', description: 'x' };
const entry: LedgerEntry = {
  ...key,
  status: 'pending',
  event,
  attempts: 2,
  acceptedAt: '2026-11-23T08:00:00.000Z',
};

it('an accepted event is pending, with all that Nat needs', () => {
  expect(pendingEntry(key, event, NOW)).toStrictEqual({
    ...key,
    status: 'pending',
    event,
    attempts: 0,
    acceptedAt: NOW_ISO,
  });
});

describe('a try', () => {
  it('that delivered removes address and description, and everything about waiting', () => {
    expect(attributesAfter(entry, { status: 'delivered' }, NOW, undefined)).toStrictEqual({
      status: 'delivered',
      settledAt: NOW_ISO,
      event: null,
      queue: null,
      dueAt: null,
      lastError: null,
      attempts: 3,
      leasedUntil: null,
    });
  });

  it('that failed is tried again when it is due, in the same retry window', () => {
    const retrying = { status: 'retrying', error: 'status 503', dueAt: LATER } as const;
    expect(attributesAfter(entry, retrying, NOW, 7)).toStrictEqual({
      status: 'retrying',
      lastError: 'status 503',
      queue: retryQueueOf(key),
      dueAt: LATER_ISO,
      attempts: 3,
      leasedUntil: null,
    });
  });

  it.each(['status 401', 'status 403', 'key unreadable'])(
    'that failed for a key does not use up the retry window: %s',
    (error) => {
      const retrying = { status: 'retrying', error, dueAt: LATER } as const;
      expect(attributesAfter(entry, retrying, NOW, 7)).toMatchObject({
        dueAt: LATER_ISO,
        retryWindowStartsAt: NOW_ISO,
      });
    },
  );

  it('that is the first of what was put off starts the retry window', () => {
    const retrying = { status: 'retrying', error: 'status 503', dueAt: LATER } as const;
    expect(attributesAfter({ ...entry, lastError: 'put off' }, retrying, NOW, 7)).toMatchObject({
      lastError: 'status 503',
      retryWindowStartsAt: NOW_ISO,
    });
  });

  it('that failed for ever keeps what would be sent, for the operator', () => {
    const dead = { status: 'dead', error: 'status 400' } as const;
    expect(attributesAfter(entry, dead, NOW, 7)).toStrictEqual({
      status: 'dead',
      lastError: 'status 400',
      settledAt: NOW_ISO,
      queue: 'dead',
      dueAt: NOW_ISO,
      attempts: 3,
      leasedUntil: null,
    });
  });
});

describe('what was delivered expires', () => {
  const expiryOf = (changes: Partial<LedgerEntry>) =>
    attributesAfter({ ...entry, ...changes }, { status: 'delivered' }, NOW, 7).expiresAt;
  const inSeconds = (iso: string) => Date.parse(iso) / 1000;

  it('two days after the retention time, which starts with its delivery', () => {
    expect(expiryOf({})).toBe(inSeconds('2026-12-03T08:00:01Z'));
  });

  it('later if the event was ahead of us', () => {
    const ahead = { ...event, timestamp: '2026-11-25T08:00:00Z' };
    expect(expiryOf({ event: ahead })).toBe(inSeconds('2026-12-04T08:00:00Z'));
  });

  it('counted from now if its content is missing', () => {
    expect(expiryOf({ event: undefined })).toBe(inSeconds('2026-12-03T08:00:01Z'));
  });
});

it('a redrive gives all tries again, in a retry window that starts when it is due', () => {
  expect(toRetryingAnew(key, LATER, NOW)).toStrictEqual({
    status: 'retrying',
    attempts: 0,
    queue: retryQueueOf(key),
    dueAt: LATER_ISO,
    retryWindowStartsAt: LATER_ISO,
    settledAt: null,
    leasedUntil: null,
  });
});

it('a lease makes the interaction due again when it ends', () => {
  expect(leaseUntil(LATER)).toStrictEqual({ dueAt: LATER_ISO, leasedUntil: LATER_ISO });
});

describe('the retry window', () => {
  it('starts when the interaction is accepted', () => {
    expect(retryWindowStart({ ...entry, acceptedAt: NOW_ISO }, LATER)).toBe(NOW);
  });

  it('or when it was restarted', () => {
    expect(retryWindowStart({ ...entry, retryWindowStartsAt: LATER_ISO }, NOW)).toBe(LATER);
  });

  it('or with the first try of what was put off', () => {
    expect(retryWindowStart({ ...entry, lastError: 'put off' }, LATER)).toBe(LATER);
    expect(retryWindowStart({ ...entry, lastError: 'timeout' }, LATER)).not.toBe(LATER);
  });
});
