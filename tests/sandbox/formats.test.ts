import { describe, expect, it } from 'vitest';
import { freshSandbox, identify, recommended, timelineOf } from './sandbox-client.ts';

describe('accepted data formats', () => {
  const timestamp = '2020-05-31T17:55:47.263Z';
  const email = 'test@example.com';

  it.each([
    [
      'traits and page',
      { traits: { email }, page: { url: 'https://a.example' } },
      'https://a.example',
    ],
    ['no traits nor url: a standard message', { email }, 'Used the product'],
    ['event stands where the url would', { email, event: 'User logged in' }, 'User logged in'],
    ['an empty url counts as none', { email, page: { url: '' } }, 'Used the product'],
  ])('%s', async (_, format, description) => {
    const sandbox = await freshSandbox();

    const answer = await identify(sandbox, { type: 'identify', timestamp, ...format });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'added' });
    expect(await (await timelineOf(sandbox, email)).json()).toEqual({
      contact: email,
      interactions: [{ timestamp, description, idempotencyKey: null }],
    });
  });
});

describe('an email and a timestamp are required, and only identify is accepted', () => {
  it.each([
    ['not JSON', '{"type": "identify",,}', /JSON/],
    ['JSON that is no object', 'null', /object/],
    ['an array', '[]', /object/],
    ['another type of call', recommended({ type: 'track' }), /^type .*only accepts identify/],
    ['no email', recommended({ traits: {} }), /^email is required/],
    ['an email that is none', recommended({ traits: { email: 'peter' } }), /^traits\.email /],
    ['an email of another type', recommended({ traits: {}, email: 7 }), /^email /],
    ['no timestamp', recommended({ timestamp: undefined }), /^timestamp /],
    ['a timestamp that is none', recommended({ timestamp: 'soon' }), /^timestamp /],
    ['a timestamp of another type', recommended({ timestamp: 7 }), /^timestamp /],
    [
      'a timestamp without an offset',
      recommended({ timestamp: '2020-05-31T17:55:47' }),
      /^timestamp /,
    ],
    [
      'a day that does not exist',
      recommended({ timestamp: '2021-02-29T00:00:00Z' }),
      /^timestamp /,
    ],
  ])('%s is an error that says so', async (_, body, message) => {
    const sandbox = await freshSandbox();

    const answer = await identify(sandbox, body);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ message: expect.stringMatching(message) });
    expect((await timelineOf(sandbox, 'peter@example.com')).status).toBe(404);
  });
});
