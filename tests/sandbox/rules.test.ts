import { describe, expect, it } from 'vitest';
import {
  basic,
  freshSandbox,
  identify,
  interactionsOf,
  recommended,
  timelineOf,
} from './sandbox-client.ts';

describe('one event per day per contact', () => {
  it('adds the first of a day, answers duplicate to the second, and keeps the first', async () => {
    const sandbox = await freshSandbox();
    await identify(sandbox, recommended());

    const second = await identify(
      sandbox,
      recommended({ timestamp: '2020-05-31T23:59:59Z', traits: { email: ' Peter@Example.com ' } }),
    );

    expect(second.status).toBe(200);
    expect(await second.json()).toEqual({ status: 'duplicate' });
    const interactions = await interactionsOf(sandbox, 'PETER@example.com');
    expect(interactions).toHaveLength(1);
  });

  it('lists the days of a contact newest first, in whatever order they arrived', async () => {
    const sandbox = await freshSandbox();
    const days = ['2020-05-31T08:00:00Z', '2020-06-02T08:00:00Z', '2020-06-01T08:00:00Z'];
    for (const timestamp of days) await identify(sandbox, recommended({ timestamp }));

    const interactions = await interactionsOf(sandbox, 'peter@example.com');

    expect(interactions.map(({ timestamp }) => timestamp)).toEqual([
      '2020-06-02T08:00:00Z',
      '2020-06-01T08:00:00Z',
      '2020-05-31T08:00:00Z',
    ]);
  });

  it('counts a day by its UTC date, whatever the offset of the timestamp', async () => {
    const sandbox = await freshSandbox();
    await identify(sandbox, recommended({ timestamp: '2020-05-31T12:00:00Z' }));

    const answer = await identify(sandbox, recommended({ timestamp: '2020-06-01T01:00:00+02:00' }));

    expect(await answer.json()).toEqual({ status: 'duplicate' });
  });

  it('counts the days of an account in its time zone', async () => {
    const zones: Record<string, string> = { tokyo: 'Asia/Tokyo' };
    const sandbox = await freshSandbox({ findTimeZone: async (apiKey) => zones[apiKey] ?? 'UTC' });
    const answerToSecond = async (apiKey: string) => {
      const headers = { authorization: basic(apiKey) };
      // 23:00 and 01:00 in Tokyo: two days there, one in UTC.
      await identify(sandbox, recommended({ timestamp: '2020-05-31T14:00:00Z' }), headers);
      const later = recommended({ timestamp: '2020-05-31T16:00:00Z' });
      return (await identify(sandbox, later, headers)).json();
    };

    expect(await answerToSecond('tokyo')).toEqual({ status: 'added' });
    expect(await answerToSecond('elsewhere')).toEqual({ status: 'duplicate' });
  });
});

describe('Idempotency-Key', () => {
  it('adds nothing when sent again, and gives the same answer', async () => {
    const sandbox = await freshSandbox();
    const key = { 'idempotency-key': 'k-1' };
    await identify(sandbox, recommended(), key);

    const again = await identify(sandbox, recommended({ timestamp: '2020-07-01T00:00:00Z' }), key);

    expect(await again.json()).toEqual({ status: 'added' });
    const interactions = await interactionsOf(sandbox, 'peter@example.com');
    expect(interactions).toEqual([expect.objectContaining({ idempotencyKey: 'k-1' })]);
  });

  it('belongs to its account, and is not used up by a rejected call', async () => {
    const sandbox = await freshSandbox();
    const key = { 'idempotency-key': 'k-1' };
    await identify(sandbox, recommended({ traits: {} }), key);
    await identify(sandbox, recommended(), { ...key, authorization: basic('key-b') });

    await identify(sandbox, recommended(), key);

    expect((await timelineOf(sandbox, 'peter@example.com', 'key-a')).status).toBe(200);
  });
});

describe('API key', () => {
  it.each([
    ['none', {}],
    ['an empty user name', { authorization: basic('') }],
    ['a user name with a password', { authorization: `Basic ${btoa('key:secret')}` }],
    ['another scheme', { authorization: 'Digest key-a' }],
  ])('%s is 401 for the intake and the timelines', async (_, headers) => {
    const sandbox = await freshSandbox();
    const body = JSON.stringify(recommended());

    const intake = await fetch(`${sandbox.url}/identify`, { method: 'POST', headers, body });
    const timeline = await fetch(`${sandbox.url}/timelines/peter@example.com`, { headers });

    expect(intake.status).toBe(401);
    expect(await intake.json()).toEqual({ message: expect.any(String) });
    expect(timeline.status).toBe(401);
  });

  it('is the same key as a Bearer token or as a Basic user name', async () => {
    const sandbox = await freshSandbox();

    await identify(sandbox, recommended(), { authorization: 'Bearer key-a' });

    expect((await timelineOf(sandbox, 'peter@example.com', 'key-a')).status).toBe(200);
  });

  it('sees only the timelines of its own account', async () => {
    const sandbox = await freshSandbox();

    await identify(sandbox, recommended());

    expect((await timelineOf(sandbox, 'peter@example.com', 'key-b')).status).toBe(404);
  });
});
