import { DAY_MS, HOUR_MS } from '../../lib/runtime/durations.ts';
import type { Random } from './random.ts';

/** A simulated customer. */
export interface Customer {
  id: string;
  timeZone: string;
}

/** Two customers whose days differ most of the time. */
export const CUSTOMERS: [Customer, ...Customer[]] = [
  { id: 'kiribati', timeZone: 'Pacific/Kiritimati' },
  { id: 'new-york', timeZone: 'America/New_York' },
];

/** An event and its expected day. The day is undefined if it must be rejected or ignored. */
export interface SentEvent {
  body: object;
  email: string;
  timestamp: string;
  day: string | undefined;
}

/** Makes an event of one of few contacts, on one of few days, often close to midnight. */
export function someEvent(random: Random, customer: Customer, now: number): SentEvent {
  const email = `${random.pick(['ann', 'bob', 'cyd'])}@${customer.id}.example`;
  const instant = random.chance(0.5) ? aroundMidnight(random, customer, now) : now;
  const timestamp = new Date(instant).toISOString();
  const page = { url: `https://example.com/${random.int(1000)}` };
  const body = { type: 'identify', timestamp, traits: { email }, page };
  const other = { email, timestamp, day: undefined };
  if (random.chance(0.05)) return { ...other, body: { ...body, type: 'track' } };
  if (random.chance(0.05)) return { ...other, body: { ...body, traits: { email: 'nobody' } } };
  return { body, email, timestamp, day: dayIn(customer.timeZone, instant) };
}

/** Picks the last or the first millisecond of a day. */
function aroundMidnight(random: Random, { timeZone }: Customer, now: number): number {
  const within = now - random.int(2) * DAY_MS;
  const day = dayIn(timeZone, within);
  // In these zones, at this time of the year, a day begins on the hour.
  let midnight = within - (within % HOUR_MS);
  while (dayIn(timeZone, midnight - 1) === day) midnight -= HOUR_MS;
  return midnight + random.pick([-1, 0]);
}

const formats = new Map(
  CUSTOMERS.map(({ timeZone }) => [timeZone, new Intl.DateTimeFormat('sv-SE', { timeZone })]),
);

/** The calendar date in a time zone, computed in another way than the service does. */
function dayIn(timeZone: string, instant: number): string {
  return formats.get(timeZone)?.format(instant) ?? '';
}
