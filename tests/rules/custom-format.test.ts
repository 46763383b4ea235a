import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import {
  type CustomFormat,
  compileFormat,
  customFormatSchema,
} from '../../lib/event/custom-format.ts';
import { EventFields } from '../../lib/event/event-fields.ts';
import { normalize } from '../../lib/event/normalize.ts';
import { rejected } from './rejected.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const WHEN = '2020-05-31T17:55:47.263Z';
const FORMAT = { email: 'user.mail', timestamp: 'at', description: 'screen.title' };
const EVENT = {
  type: 'identify',
  at: WHEN,
  user: { mail: 'Ann@Example.com' },
  screen: { title: 'Cart' },
};

async function read(event: object, format: CustomFormat = FORMAT) {
  const extract = await compileFormat(format);
  return normalize(event, { timeZone: 'UTC', standardMessage: 'Was here', extract }, NOW);
}

describe('a custom format of the workspace', () => {
  it('finds email, timestamp and description where it says', async () => {
    expect(await read(EVENT)).toEqual({
      email: 'ann@example.com',
      timestamp: WHEN,
      day: '2020-05-31',
      description: 'Cart',
      format: 'custom',
    });
  });

  it('is kept with its three expressions, of which only that for the email is required', () => {
    expect(v.parse(customFormatSchema, FORMAT)).toEqual(FORMAT);
    expect(v.parse(customFormatSchema, { email: 'a' })).toEqual({ email: 'a' });
    expect(v.safeParse(customFormatSchema, { ...FORMAT, email: undefined }).success).toBe(false);
  });

  it('is tried first', async () => {
    const both = { ...EVENT, timestamp: 'x', traits: { email: 'b@x.co' }, page: { url: 'u' } };
    expect(await read(both)).toMatchObject({ email: 'ann@example.com', description: 'Cart' });
  });

  it.each([
    ['an event without it', { user: undefined }],
    ['an event with null there', { user: { mail: null } }],
    ['an event with another type on the way', { user: 'Ann' }],
  ])('leaves to the documented formats %s', async (_what, changes) => {
    const documented = { timestamp: WHEN, email: 'b@x.co', event: 'User logged in' };
    expect(await read({ ...EVENT, ...changes, ...documented })).toMatchObject({
      email: 'b@x.co',
      description: 'User logged in',
      format: 'event_name',
    });
  });

  it('matches field names in any casing, and leaves text in it as it is', async () => {
    const event = {
      TYPE: 'Identify',
      At: WHEN,
      USER: { Mail: 'a@x.co' },
      Screen: { TITLE: 'Cart' },
    };
    const format = {
      ...FORMAT,
      email: 'User.MAIL',
      description: 'join(`" At "`, [`"X"`, screen.Title])',
    };
    expect(await read(event, format)).toMatchObject({ email: 'a@x.co', description: 'X At Cart' });
  });

  it.each([
    ['without a place for it', { email: 'user.mail' }],
    ['where the place is empty', { email: 'user.mail', timestamp: 'no', description: 'no' }],
  ])('takes timestamp and description from the documented places %s', async (_what, format) => {
    const event = { ...EVENT, originalTimestamp: WHEN, context: { page: { url: 'u' } } };
    expect(await read(event, format)).toMatchObject({
      timestamp: WHEN,
      description: 'u',
      format: 'custom',
    });
  });

  it('leaves text in quotes as it is, whatever is escaped in it', async () => {
    const description = "join(' ', ['It\\'s At', Screen.Title])";
    expect(await read(EVENT, { ...FORMAT, description })).toMatchObject({
      description: "It's At Cart",
    });
  });

  it('matches names whose lower case depends on the letters around them', async () => {
    const event = { type: 'identify', timestamp: WHEN, ΟΔΟΣ: 'a@x.co' };
    expect(await read(event, { email: '"ΟΔΟΣ"' })).toMatchObject({ email: 'a@x.co' });
  });

  it('falls back to the standard message', async () => {
    expect(await read({ ...EVENT, screen: { title: ' ' } })).toMatchObject({
      description: 'Was here',
    });
  });

  it.each([
    ['field_not_string', 'email (custom format)', { user: { mail: 5 } }],
    ['email_invalid', 'email (custom format)', { user: { mail: 'nobody' } }],
    ['timestamp_invalid', 'timestamp (custom format)', { at: {} }],
    ['timestamp_invalid', 'timestamp (custom format)', { at: 'yesterday' }],
    ['field_not_string', 'description (custom format)', { screen: { title: [] } }],
    ['field_repeated', 'A field', { x: { a: 1, A: 2 } }],
  ] as const)('rejects by its own fields: %s, %s', async (code, subject, changes) => {
    await expect(read({ ...EVENT, ...changes })).rejects.toThrow(rejected(code, subject));
  });

  it('rejects an event whose types its functions cannot read', async () => {
    const format = { email: "join('@', user.mail)" };
    const failure = await read(EVENT, format).catch((error: unknown) => error);
    expect(failure).toEqual(rejected('custom_format_failed'));
    expect(failure).toHaveProperty('cause', expect.any(Error));
  });

  it('does not make another call an identify call', async () => {
    await expect(read({ ...EVENT, type: 'track' })).rejects.toThrow(rejected('type_not_identify'));
  });
});

describe('in a batch, a custom format', () => {
  const shared = new EventFields({
    user: { mail: 'all@x.co' },
    at: WHEN,
    screen: { title: 'All' },
  });
  const readInBatch = async (event: object) => {
    const extract = await compileFormat(FORMAT);
    return extract(new EventFields(event, shared));
  };

  it('finds what the batch says of all its events', async () => {
    expect(await readInBatch({})).toEqual({
      email: 'all@x.co',
      timestamp: WHEN,
      description: 'All',
    });
  });

  it('finds what the event says first', async () => {
    const own = { at: 'now', user: { mail: 'own@x.co' }, screen: { title: 'Own' } };
    expect(await readInBatch(own)).toEqual({
      email: 'own@x.co',
      timestamp: 'now',
      description: 'Own',
    });
  });

  it('reads what all events have in common only once', async () => {
    const extract = await compileFormat(FORMAT);
    const inLowerCase = vi.spyOn(shared, 'inLowerCase');
    for (let n = 0; n < 3; n += 1) extract(new EventFields({}, shared));
    expect(inLowerCase).toHaveBeenCalledTimes(1);
  });
});
