import { createHmac } from 'node:crypto';

/** A customer that the fuzzed service knows. */
export interface Sender {
  id: string;
  apiKey: string;
  timeZone: string;
  sharedSecret?: string;
  disabled?: boolean;
  /** Where it has what Nat needs, in JMESPath. */
  paths?: { emailPath: string; timestampPath: string; descriptionPath: string };
}

/** One of each kind: an everyday one, one far from UTC, one that signs. */
export const ACTIVE: [Sender, ...Sender[]] = [
  { id: 'ws-01', apiKey: 'k3y-p1ain-Qx7vTz', timeZone: 'UTC' },
  { id: 'ws-02', apiKey: 'k3y-far-Lw92mBcR', timeZone: 'Pacific/Kiritimati' },
  {
    id: 'ws-03',
    apiKey: 'k3y-seal-Zt5uGhNe',
    timeZone: 'UTC',
    sharedSecret: 'fuzzed-shared-secret',
  },
];

/** What finds something in every path. */
export const SAMPLE = {
  type: 'identify',
  timestamp: '2020-05-31T17:55:47Z',
  traits: { email: 'sample@example.com', plan: 'pro' },
  event: 'sample',
};

/** One that may not send. */
export const DISABLED: Sender = {
  id: 'ws-04',
  apiKey: 'k3y-shut-Yp8sVkDa',
  timeZone: 'UTC',
  disabled: true,
};

/** One with a format of its own. */
export const CUSTOM: Sender = {
  id: 'ws-05',
  apiKey: 'k3y-path-Rm4xWqJf',
  timeZone: 'UTC',
  paths: {
    emailPath: 'traits.email || context.traits.email',
    timestampPath: 'originalTimestamp || timestamp',
    descriptionPath: "join(' ', [type, to_string(traits.plan), context.page.title || event])",
  },
};

/** All that there are. */
export const SENDERS = [...ACTIVE, DISABLED, CUSTOM];

/** The present of every input, ms since the epoch: a seed means the same at any time. */
export const NOW = Date.parse('2026-11-24T12:00:00Z');

/** What every interaction without a description says. */
export const STANDARD_MESSAGE = 'Fuzzed standard message';

const dates = new Map(
  SENDERS.map(({ timeZone }) => [timeZone, new Intl.DateTimeFormat('sv-SE', { timeZone })]),
);
const YEAR_1000 = Date.parse('1000-01-02T00:00:00Z');

/**
 * The calendar date of an instant, read otherwise than the service reads it.
 *
 * @param instant ms since the epoch
 * @returns as `2020-05-31`; undefined in years that are written with fewer digits
 */
export function dayAt({ timeZone }: Sender, instant: number): string | undefined {
  return instant < YEAR_1000 ? undefined : dates.get(timeZone)?.format(instant);
}

/** @returns hex HMAC-SHA1 of the body, as Segment's webhooks sign */
export function signatureOf(sharedSecret: string, wire: Uint8Array): string {
  return createHmac('sha1', sharedSecret).update(wire).digest('hex');
}
