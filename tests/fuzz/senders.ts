import { createHmac } from 'node:crypto';

/** A workspace that the fuzzed service knows. */
export interface Sender {
  id: string;
  apiKey: string;
  timeZone: string;
  sharedSecret?: string;
  disabled?: boolean;
  /** Its custom format, in JMESPath. */
  paths?: { emailPath: string; timestampPath: string; descriptionPath: string };
}

/** An ordinary one, one far from UTC, and one that signs. */
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

/** An event in which every path of the custom format finds something. */
export const SAMPLE = {
  type: 'identify',
  timestamp: '2020-05-31T17:55:47Z',
  traits: { email: 'sample@example.com', plan: 'pro' },
  event: 'sample',
};

/** A disabled one. */
export const DISABLED: Sender = {
  id: 'ws-04',
  apiKey: 'k3y-shut-Yp8sVkDa',
  timeZone: 'UTC',
  disabled: true,
};

/** One with a custom format. */
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

/** All of them. */
export const SENDERS = [...ACTIVE, DISABLED, CUSTOM];

/** The time of every input, ms since the epoch, so that a seed always means the same. */
export const NOW = Date.parse('2026-11-24T12:00:00Z');

/** The description of every interaction whose event has none. */
export const STANDARD_MESSAGE = 'Fuzzed standard message';

const dates = new Map(
  SENDERS.map(({ timeZone }) => [timeZone, new Intl.DateTimeFormat('sv-SE', { timeZone })]),
);
const YEAR_1000 = Date.parse('1000-01-02T00:00:00Z');

/**
 * The calendar day of a timestamp, calculated in another way than the service does.
 *
 * @param timestamp ms since the epoch
 * @returns `2020-05-31`; undefined in years with fewer than four digits
 */
export function dayAt({ timeZone }: Sender, timestamp: number): string | undefined {
  return timestamp < YEAR_1000 ? undefined : dates.get(timeZone)?.format(timestamp);
}

/** Hex HMAC-SHA1 of a body, as Segment's webhooks sign. */
export function signatureOf(sharedSecret: string, rawBody: Uint8Array): string {
  return createHmac('sha1', sharedSecret).update(rawBody).digest('hex');
}
