import { randomUUID } from 'node:crypto';

/** A request to the service, and what it has to answer. */
export interface Check {
  name: string;
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON by POST; without it the request is a GET. */
  body?: object;
  expected: { status: number; body: Record<string, string> };
  /** What to do if the answer is another one. */
  advice: string;
}

/**
 * Lists what a sender relies on, in the order in which it makes sense to find a fault.
 *
 * @param key the API key of a workspace
 * @param now when the event happened
 */
export function smokeChecks(key: string, now: Date): Check[] {
  const asSender = { authorization: `Bearer ${key}` };
  const event = {
    type: 'identify',
    timestamp: now.toISOString(),
    // A new contact each time, because a contact has one interaction a day.
    traits: { email: `smoke-test-${randomUUID()}@example.com` },
    page: { url: 'https://example.com/smoke-test' },
  };
  const { timestamp: _, ...undated } = event;
  return [
    {
      name: 'it is healthy: its settings are right, and its tables answer',
      path: '/v1/health?deep',
      expected: { status: 200, body: { status: 'ok' } },
      advice: 'The logs of identify say which setting or which table is wrong.',
    },
    {
      name: 'a wrong key is refused',
      path: '/v1/identify',
      headers: { authorization: `Bearer not-${randomUUID()}` },
      body: event,
      expected: { status: 401, body: { code: 'api_key_unknown' } },
      advice: 'Anybody could send events. Do not give the address to senders.',
    },
    {
      name: 'an event is accepted',
      path: '/v1/identify',
      headers: asSender,
      body: event,
      expected: { status: 200, body: { status: 'accepted' } },
      advice: 'docs/troubleshooting.md says what to do about the code.',
    },
    {
      name: 'the same event is a duplicate',
      path: '/v1/identify',
      headers: asSender,
      body: event,
      expected: { status: 200, body: { status: 'duplicate' } },
      advice: 'A contact could get two interactions in one day.',
    },
    {
      name: 'an event without its timestamp is rejected, and the code says why',
      path: '/v1/identify',
      headers: asSender,
      body: undated,
      expected: { status: 400, body: { code: 'timestamp_missing' } },
      advice: 'A sender could not find out what is wrong with its events.',
    },
  ];
}
