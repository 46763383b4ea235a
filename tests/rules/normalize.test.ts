import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { findTimestamp } from '../../lib/event/documented-formats.ts';
import { EventFields } from '../../lib/event/event-fields.ts';
import { type Interaction, normalize } from '../../lib/event/normalize.ts';
import { Rejection } from '../../lib/event/rejection.ts';
import rudderstack from '../events/rudderstack-node-batch.json' with { type: 'json' };
import segmentNode from '../events/segment-analytics-node-batch.json' with { type: 'json' };
import segmentWebhook from '../events/segment-webhook.json' with { type: 'json' };
import { outcomeOf, rejected } from './rejected.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const DAY_MS = 86_400_000;
const STANDARD_MESSAGE = 'Used the product';
const SETTINGS = { timeZone: 'UTC', standardMessage: STANDARD_MESSAGE };
const read = (event: unknown, settings = {}) => normalize(event, { ...SETTINGS, ...settings }, NOW);

const WHEN = '2020-05-31T17:55:47.263Z';

/** Nat's page, "Accepted data format". */
const RECOMMENDED = {
  type: 'identify',
  timestamp: '2020-05-31T17:55:47.263Z',
  traits: { email: 'peter@example.com' },
  page: { url: 'https://example.com' },
};
const WITHOUT_TRAITS_OR_URL = {
  timestamp: '2020-05-31T17:55:47.263Z',
  type: 'identify',
  email: 'test@example.com',
};
const WITH_EVENT = {
  timestamp: '2020-05-31T17:55:47.263Z',
  type: 'identify',
  email: 'test@example.com',
  event: 'User logged in',
};
const documented: [string, object, Interaction][] = [
  [
    'Recommended format - with traits & page',
    RECOMMENDED,
    {
      email: 'peter@example.com',
      timestamp: WHEN,
      day: '2020-05-31',
      description: 'https://example.com',
      format: 'recommended',
    },
  ],
  [
    'Example 1 - Without traits or url information',
    WITHOUT_TRAITS_OR_URL,
    {
      email: 'test@example.com',
      timestamp: WHEN,
      day: '2020-05-31',
      description: STANDARD_MESSAGE,
      format: 'top_level',
    },
  ],
  [
    'Example 2 - With event information but without traits',
    WITH_EVENT,
    {
      email: 'test@example.com',
      timestamp: WHEN,
      day: '2020-05-31',
      description: 'User logged in',
      format: 'event_name',
    },
  ],
];

describe('Accepted data format', () => {
  it.each(documented)('%s', (_name, event, interaction) => {
    expect(read(event)).toEqual(interaction);
  });

  it.each(documented)('%s, in any casing and order of fields', (_name, event, interaction) => {
    fc.assert(
      fc.property(rearranged(event), (sent) => {
        expect(read(sent)).toEqual(interaction);
      }),
    );
  });

  it("takes Segment's webhook, which has no url", () => {
    expect(read(segmentWebhook)).toEqual({
      email: 'john.doe@email.com',
      timestamp: '2015-02-23T22:28:55.111Z',
      day: '2015-02-23',
      description: STANDARD_MESSAGE,
      format: 'recommended',
    });
  });

  it("takes an identify call as Segment's Node SDK nests it, with the url in context.page", () => {
    expect(read(segmentNode.batch[0])).toEqual({
      email: 'john.doe@example.com',
      timestamp: '2026-11-24T02:31:15.558Z',
      day: '2026-11-24',
      description: 'https://example.com/x',
      format: 'recommended',
    });
  });

  it("takes RudderStack's originalTimestamp where there is no timestamp", () => {
    const receivedAt = Date.parse('2026-11-24T02:31:16Z');
    expect(normalize(rudderstack.batch[0], SETTINGS, receivedAt)).toEqual({
      email: 'r@example.com',
      timestamp: '2026-11-24T02:31:15.638Z',
      day: '2026-11-24',
      description: 'https://r.example.com',
      format: 'recommended',
    });
  });
});

describe('They must contain an email', () => {
  it.each([
    ['traits.email first', { traits: { email: 'a@x.co' }, email: 'b@x.co' }, 'a@x.co'],
    ['in context.traits, too', { context: { traits: { email: 'a@x.co' } } }, 'a@x.co'],
    ['beside traits without one', { traits: { plan: 'pro' }, email: 'b@x.co' }, 'b@x.co'],
    ['beside a null', { traits: { email: null }, email: 'b@x.co' }, 'b@x.co'],
    ['trimmed and lowercased', { email: ' Peter@Example.COM ' }, 'peter@example.com'],
  ])('%s', (_where, fields, email) => {
    expect(read({ type: 'identify', timestamp: WHEN, ...fields }).email).toBe(email);
  });

  it('or else it is rejected', () => {
    expect(() => read({ type: 'identify', timestamp: WHEN })).toThrow(rejected('email_missing'));
  });

  it.each([
    ['traits.email', { traits: { email: 'nobody' } }],
    ['context.traits.email', { context: { traits: { email: 'nobody' } } }],
    ['email', { email: 'nobody' }],
  ])('and a wrong one is rejected by the name of its field: %s', (field, fields) => {
    expect(() => read({ type: 'identify', timestamp: WHEN, ...fields })).toThrow(
      rejected('email_invalid', `${field} must be one email address`),
    );
  });
});

describe('and a timestamp', () => {
  const at = (fields: object) => read({ type: 'identify', email: 'a@x.co', ...fields });

  it.each([
    [
      'is taken before originalTimestamp, as it is',
      {
        timestamp: WHEN,
        originalTimestamp: '2020-05-30T00:00:00Z',
        sentAt: '2020-05-30T00:00:00Z',
      },
      WHEN,
    ],
    ['may be called originalTimestamp', { originalTimestamp: WHEN }, WHEN],
    ['gives way when it is null', { timestamp: null, originalTimestamp: WHEN }, WHEN],
    ['gives way when it is empty', { timestamp: '', originalTimestamp: WHEN }, WHEN],
    [
      'gives way when it is not set',
      { timestamp: '0001-01-01T00:00:00Z', originalTimestamp: WHEN },
      WHEN,
    ],
    ['is not corrected by a sentAt that is none', { originalTimestamp: WHEN, sentAt: 'x' }, WHEN],
    [
      'is not corrected long after it was received',
      { originalTimestamp: WHEN, sentAt: WHEN, receivedAt: WHEN },
      WHEN,
    ],
    [
      'is not corrected by a sentAt of the last year that .NET knows',
      { originalTimestamp: WHEN, sentAt: '9999-12-31T23:59:59.9999999Z' },
      WHEN,
    ],
    [
      'is corrected for a clock that is three days off',
      {
        originalTimestamp: new Date(NOW - 3 * DAY_MS - 1000).toISOString(),
        sentAt: new Date(NOW - 3 * DAY_MS).toISOString(),
      },
      new Date(NOW - 1000).toISOString(),
    ],
    ['is kept in UTC', { timestamp: '2020-06-01T01:00:00+02:00' }, '2020-05-31T23:00:00.000Z'],
  ])('%s', (_rule, fields, timestamp) => {
    expect(at(fields).timestamp).toBe(timestamp);
  });

  it.each([
    ['is missing', {}, 'timestamp_missing', 'timestamp'],
    ['is a number', { timestamp: 1590947747263 }, 'timestamp_invalid', 'timestamp'],
    ['is empty', { timestamp: '' }, 'timestamp_missing', 'timestamp'],
    ['is not set', { timestamp: '1970-01-01T00:00:00Z' }, 'timestamp_missing', 'timestamp'],
    ['is wrong', { originalTimestamp: '2020-05-31' }, 'timestamp_invalid', 'originalTimestamp'],
    [
      'is more than 24 h in the future',
      { timestamp: new Date(NOW + DAY_MS + 1).toISOString() },
      'timestamp_in_future',
      'timestamp',
    ],
    [
      'is by its device more than 24 h in the future',
      { originalTimestamp: new Date(NOW + DAY_MS + 1).toISOString() },
      'timestamp_in_future',
      'originalTimestamp',
    ],
  ] as const)('or else it is rejected: it %s', (_problem, fields, code, field) => {
    expect(() => at(fields)).toThrow(rejected(code, field));
  });

  it('is not guessed at if reading it fails for a reason of our own', () => {
    const event = new EventFields({ originalTimestamp: WHEN });
    vi.spyOn(event, 'valueAt').mockImplementation((path) => {
      if (path === 'sentAt') throw new TypeError('a defect');
      return path === 'originalTimestamp' ? WHEN : undefined;
    });
    expect(() => findTimestamp(event, NOW)).toThrow(TypeError);
  });

  it("falls on the day of the workspace's time zone", () => {
    const late = { ...RECOMMENDED, timestamp: '2020-05-31T22:30:00Z' };

    expect(read(late).day).toBe('2020-05-31');
    expect(read(late, { timeZone: 'Europe/Berlin' }).day).toBe('2020-06-01');
    expect(read(late, { timeZone: 'Pacific/Pago_Pago' }).day).toBe('2020-05-31');
  });

  it('may be as old as it likes, unless retention is limited', () => {
    const kept = new Date(NOW - 30 * DAY_MS).toISOString();
    const forgotten = new Date(NOW - 30 * DAY_MS - 1).toISOString();

    expect(at({ timestamp: '0001-01-02T00:00:00Z' }).day).toBe('0001-01-02');
    const limited = (timestamp: string) => () =>
      read({ ...RECOMMENDED, timestamp }, { retentionDays: 30 });
    expect(limited(kept)).not.toThrow();
    expect(limited(forgotten)).toThrow(
      rejected('timestamp_too_old', 'timestamp is more than 30 days old'),
    );
  });
});

describe('the description', () => {
  const all = {
    page: { url: 'https://page.example' },
    context: { page: { url: 'https://context.example' } },
    event: 'User logged in',
  };
  const describedBy = (fields: object) => read({ ...WITHOUT_TRAITS_OR_URL, ...fields }).description;

  it.each([
    ['the url', all, 'https://page.example'],
    ['else the url in context', { ...all, page: {} }, 'https://context.example'],
    ["else the event's name", { event: all.event }, 'User logged in'],
    ["else the workspace's standard message", {}, STANDARD_MESSAGE],
    [
      'and a top-level url before the event',
      { url: 'https://u.example', event: 'x' },
      'https://u.example',
    ],
  ])('is %s', (_rule, fields, description) => {
    expect(describedBy(fields)).toBe(description);
  });

  it.each([
    ['empty', ''],
    ['blank', ' \t\n'],
    ['null', null],
  ])('counts as absent when it is %s, at every place', (_what, nothing) => {
    const page = { url: nothing };

    expect(describedBy({ ...all, page })).toBe('https://context.example');
    expect(describedBy({ ...all, page, context: { page } })).toBe('User logged in');
    expect(describedBy({ page, context: { page }, event: nothing })).toBe(STANDARD_MESSAGE);
  });

  it('keeps an event without a name in the first alternative format', () => {
    expect(read({ ...WITH_EVENT, event: '' }).format).toBe('top_level');
  });

  it('keeps an event with traits and a name in the recommended format', () => {
    expect(read({ ...RECOMMENDED, event: 'User logged in' }).format).toBe('recommended');
  });

  it.each([
    ['page.url', { page: { url: 5 } }],
    ['page.url', { page: { url: 0 } }],
    ['context.page.url', { context: { page: { url: false } } }],
    ['event', { event: { name: 'User logged in' } }],
  ])('is an error of another type: %s', (field, fields) => {
    expect(() => describedBy(fields)).toThrow(
      rejected('field_not_string', `${field} must be a string`),
    );
  });

  it('is an error if it has half of a surrogate pair', () => {
    expect(() => describedBy({ page: { url: 'x\ud83d' } })).toThrow(
      rejected('text_malformed', 'page.url contains half'),
    );
    expect(() => describedBy({ event: '\ude00x' })).toThrow(rejected('text_malformed', 'event '));
  });

  it.each([
    ['2,048 characters whole', 'x'.repeat(2048), 'x'.repeat(2048)],
    ['2,048 of 2,049', `${'x'.repeat(2048)}y`, 'x'.repeat(2048)],
    ['no half of a pair at the edge', `${'x'.repeat(2047)}😀y`, 'x'.repeat(2047)],
    ['a pair that ends at the edge', `${'x'.repeat(2046)}😀y`, `${'x'.repeat(2046)}😀`],
  ])('keeps %s', (_what, url, description) => {
    expect(describedBy({ page: { url } })).toBe(description);
    expect(describedBy({ event: url })).toBe(description);
  });

  it('is always well-formed Unicode of 1 to 2,048 characters', () => {
    const url = fc.string({ unit: 'binary', minLength: 1900, maxLength: 2300 });
    fc.assert(
      fc.property(url, (sent) => {
        const description = describedBy({ page: { url: sent } });
        expect(description.isWellFormed()).toBe(true);
        expect(sent.startsWith(description)).toBe(true);
        expect(description.length).toBeGreaterThanOrEqual(Math.min(sent.length, 2047));
        expect(description.length).toBeLessThanOrEqual(2048);
      }),
    );
  });
});

describe('Nat.app only accepts Identify calls', () => {
  it.each(['identify', 'Identify', 'IDENTIFY'])('type %s', (type) => {
    expect(read({ ...RECOMMENDED, type }).email).toBe('peter@example.com');
  });

  it.each(['track', 'page', 'screen', 'group', 'alias', 'Track', 'identify '])(
    'another type, even with wrong fields, is 501: "%s"',
    (type) => {
      const call = { type, email: 5, timestamp: [], event: 'Signed up' };

      expect(() => read(call)).toThrow(rejected('type_not_identify'));
    },
  );

  it("is 501 for the track call in the batch of Segment's SDK", () => {
    expect(() => read(segmentNode.batch[1])).toThrow(rejected('type_not_identify'));
  });

  it('is an error of the sender to leave the type out', () => {
    for (const type of [undefined, null, '']) {
      const event = { timestamp: WHEN, email: 'a@x.co', type };
      expect(() => read(event)).toThrow(rejected('type_missing'));
      expect(read(event, { impliedType: 'identify' }).email).toBe('a@x.co');
    }
    expect(() => read({ type: 'track' }, { impliedType: 'identify' })).toThrow(
      rejected('type_not_identify'),
    );
  });
});

describe('whatever JSON is sent', () => {
  const ADDRESS = 'secret.person@private.example';
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(ADDRESS, `${ADDRESS} `, `x${ADDRESS},`, [ADDRESS], { email: ADDRESS }),
    fc.constantFrom<unknown>(WHEN, 'identify', null, ''),
    fc.jsonValue(),
  );
  const some = (fields: Record<string, fc.Arbitrary<unknown>>) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.record(fields, { requiredKeys: [] }) },
      { weight: 1, arbitrary: leaf },
    );
  const traits = some({ email: leaf, Email: leaf });
  const page = some({ url: leaf, URL: leaf });
  const eventLike = fc.record(
    {
      type: fc.oneof({ weight: 9, arbitrary: fc.constant('identify') }, leaf),
      timestamp: fc.oneof(fc.constant(WHEN), leaf),
      originalTimestamp: leaf,
      email: leaf,
      event: leaf,
      url: leaf,
      traits,
      page,
      context: some({ traits, page }),
    },
    { requiredKeys: ['type'] },
  );

  it('gives an interaction or a Rejection that holds no address, and nothing else', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), eventLike), (sent) => {
        const outcome = outcomeOf(() => read(sent));
        outcomes.add(outcome instanceof Rejection ? 'rejection' : 'interaction');
        if (outcome instanceof Rejection) expect(outcome.message).not.toMatch(/secret|private/);
        else
          expect(outcome).toMatchObject({
            email: expect.stringContaining('@'),
            format: expect.any(String),
          });
      }),
      { numRuns: 5000, examples: [[{ type: 'identify', timestamp: WHEN, email: ADDRESS }]] },
    );
    expect(outcomes).toEqual(new Set(['rejection', 'interaction']));
  });
});

/** The same object with its fields in another order and casing, at every level. */
function rearranged(object: object): fc.Arbitrary<unknown> {
  const fields = Object.entries(object).map(([name, value]) =>
    fc.tuple(
      fc.mixedCase(fc.constant(name)),
      typeof value === 'object' ? rearranged(value) : fc.constant(value),
    ),
  );
  return fc
    .tuple(...fields)
    .chain((entries) => fc.shuffledSubarray(entries, { minLength: entries.length }))
    .map((entries) => Object.fromEntries(entries));
}
