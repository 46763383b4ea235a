import type { OutboxEvent } from '../../lib/ledger/entry.ts';
import { DAY_MS, HOUR_MS } from '../../lib/runtime/durations.ts';
import { type Customer, customerOf, dayIn, TIME_ZONES } from './customers.ts';
import type { Random } from './random.ts';

/** Few, so that their events meet. */
const CONTACTS = ['ann', 'bob', 'cyd'] as const;
/** How many other contacts a customer has. */
const CROWD = 40;

/** An event that a sender posts. */
export interface SentEvent {
  body: object;
  email: string;
  timestamp: string;
  /** false if it must be rejected or ignored, or is a deletion. */
  isGood: boolean;
  /** Absent if it names no user. */
  userId?: string;
  /** What the timeline will show; absent if it is a deletion. */
  description?: string;
}

/** Ids of users, of which some have several contacts, and some contacts have several. */
const USERS = ['ann', 'bob', 'cyd', 'everybody'] as const;

/** Makes an event of one of few contacts, on one of few days, often close to midnight. */
export function someEvent(random: Random, customer: Customer): SentEvent {
  const contact = random.chance(0.8) ? random.pick(CONTACTS) : someone(random);
  const instant = random.chance(0.5) ? aroundMidnight(random) : Date.now();
  const event = eventOf(random, customer, contact, instant);
  const { body } = event;
  if (random.chance(0.05)) return { ...event, body: { ...body, type: 'track' }, isGood: false };
  if (random.chance(0.95)) return event;
  return { ...event, body: { ...body, traits: { email: 'nobody' } }, isGood: false };
}

/** Makes events of many contacts of a customer, so that it has more to deliver than the others. */
export function manyEvents(random: Random, customer: Customer): SentEvent[] {
  const count = 6 + random.int(8);
  return Array.from({ length: count }, () => {
    return eventOf(random, customer, someone(random), Date.now());
  });
}

/** Picks the id of a user. */
export function someUser(random: Random): string {
  return random.chance(0.8) ? random.pick(USERS) : someone(random);
}

/** Makes a message to delete a user. */
export function someDeletion(random: Random, userId: string): SentEvent {
  const odd = random.pick([{}, { context: '{}', originalTimestamp: 0, timestamp: 'yesterday' }]);
  const body = { type: 'delete', userId, ...odd };
  return { body, email: '', timestamp: '', isGood: false, userId };
}

/** Makes another event of a contact's day. */
export function eventLike(random: Random, { email, timestamp }: OutboxEvent): SentEvent {
  const [contact = ''] = email.split('@');
  const id = customerOf(email);
  return eventOf(random, { id }, contact, Date.parse(timestamp));
}

function eventOf(
  random: Random,
  { id }: Pick<Customer, 'id'>,
  contact: string,
  instant: number,
): SentEvent {
  const email = `${contact}@${id}.example`;
  const timestamp = new Date(instant).toISOString();
  // No two events have the same, so that a call says which one it is about.
  const page = { url: `https://example.com/${id}/${contact}/${Date.now()}/${random.int(1e6)}` };
  const userId = random.pick([contact, contact, random.pick(USERS), undefined]);
  const body = { type: 'identify', userId, timestamp, traits: { email }, page };
  const user = userId === undefined ? {} : { userId };
  return { body, email, timestamp, isGood: true, description: page.url, ...user };
}

function someone(random: Random): string {
  return `someone-${random.int(CROWD)}`;
}

/** Picks the last or the first millisecond of a day in some zone. */
function aroundMidnight(random: Random): number {
  const timeZone = random.pick(TIME_ZONES);
  const within = Date.now() - random.int(2) * DAY_MS;
  const day = dayIn(timeZone, within);
  let midnight = within - (within % HOUR_MS);
  while (dayIn(timeZone, midnight - 1) === day) midnight -= HOUR_MS;
  return midnight + random.pick([-1, 0]);
}
