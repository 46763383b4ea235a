import type { Identified } from './identify-call.ts';
import { createSubscribers } from './subscribers.ts';

/** Nat's answer to a call it understood. */
export type TakeResult = { status: 'added' | 'duplicate' };

/** One entry of a timeline; `day` is the calendar date it counts for, as `2020-05-31`. */
export type Interaction = {
  timestamp: string;
  description: string;
  idempotencyKey: string | null;
  day: string;
};

/** A contact of one account (numbered from 1), its interactions newest first. */
export type Contact = { account: number; email: string; interactions: Interaction[] };

/** How many there are in all, without the contacts themselves. */
export type Totals = { accounts: number; contacts: number };

type Account = {
  number: number;
  answers: Map<string, TakeResult>;
  contacts: Map<string, Contact>;
};

/** Nat's timelines, in memory. */
export type Timelines = ReturnType<typeof createTimelines>;

/**
 * Makes an empty store that keeps Nat's rules. Every API key is an account of its own.
 *
 * @param timeZoneOf the IANA zone in which an account's days are counted
 * @returns the store; `take` throws RangeError when `timeZoneOf` names no zone
 */
export const createTimelines = (timeZoneOf: (apiKey: string) => string) => {
  const accounts = new Map<string, Account>();
  // A Set keeps insertion order, so moving a contact to the end keeps them by activity for free.
  const byActivity = new Set<Contact>();
  const changes = createSubscribers<Contact>();

  const addOnce = (account: Account, { email }: Identified, entry: Interaction): TakeResult => {
    const contact = account.contacts.get(email) ?? {
      account: account.number,
      email,
      interactions: [],
    };
    if (contact.interactions.some(({ day }) => day === entry.day)) return { status: 'duplicate' };
    contact.interactions.push(entry);
    contact.interactions.sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
    account.contacts.set(email, contact);
    byActivity.delete(contact);
    byActivity.add(contact);
    changes.notify(contact);
    return { status: 'added' };
  };

  return {
    onChange: changes.subscribe,

    /** Adds an interaction unless its idempotency key, or its contact's day, is already there. */
    record(apiKey: string, identified: Identified, idempotencyKey: string | undefined): TakeResult {
      const account = openAccount(accounts, apiKey);
      const earlier =
        idempotencyKey === undefined ? undefined : account.answers.get(idempotencyKey);
      if (earlier !== undefined) return earlier;
      const { timestamp, description } = identified;
      const day = dayOf(timestamp, timeZoneOf(apiKey));
      const entry = { timestamp, description, idempotencyKey: idempotencyKey ?? null, day };
      const answer = addOnce(account, identified, entry);
      if (idempotencyKey !== undefined) account.answers.set(idempotencyKey, answer);
      return answer;
    },

    /** The timeline of one contact, its address in any casing; undefined if the account has none. */
    find(apiKey: string, email: string): Contact | undefined {
      return accounts.get(apiKey)?.contacts.get(email.trim().toLowerCase());
    },

    /** The contacts whose address contains `search`, most recently active first. */
    recent(search: string): Contact[] {
      const wanted = search.trim().toLowerCase();
      return [...byActivity].filter(({ email }) => email.includes(wanted)).reverse();
    },

    totals(): Totals {
      return { accounts: accounts.size, contacts: byActivity.size };
    },
  };
};

const openAccount = (accounts: Map<string, Account>, apiKey: string): Account => {
  const known = accounts.get(apiKey);
  if (known !== undefined) return known;
  const opened = { number: accounts.size + 1, answers: new Map(), contacts: new Map() };
  accounts.set(apiKey, opened);
  return opened;
};

const calendars = new Map<string, Intl.DateTimeFormat>();

const dayOf = (timestamp: string, timeZone: string): string => {
  const calendar = calendars.get(timeZone) ?? calendarOf(timeZone);
  calendars.set(timeZone, calendar);
  const parts = calendar.formatToParts(new Date(timestamp));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value;
  return `${part('year')}-${part('month')}-${part('day')}`;
};

const calendarOf = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
