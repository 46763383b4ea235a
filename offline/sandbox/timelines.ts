import { EventEmitter } from 'node:events';
import type { IdentifyCall } from './identify-call.ts';

/** Nat's answer to a valid call. */
export interface AddResult {
  status: 'added' | 'duplicate';
}

/** One entry of a timeline. `day` is the calendar date it counts for, such as `2020-05-31`. */
export interface Interaction {
  timestamp: string;
  description: string;
  idempotencyKey: string | null;
  day: string;
}

/** A contact of one account, with its interactions, newest first. Accounts are numbered from 1. */
export interface Contact {
  account: number;
  email: string;
  interactions: Interaction[];
}

interface Account {
  number: number;
  resultsByKey: Map<string, AddResult>;
  contacts: Map<string, Contact>;
}

/** Nat's timelines, in memory. */
export type Timelines = ReturnType<typeof createTimelines>;

/**
 * Creates an empty store that keeps Nat's rules. Every API key is an account of its own.
 *
 * @param timeZoneOf gives the IANA time zone in which an account counts its days
 */
export function createTimelines(timeZoneOf: (apiKey: string) => string) {
  const accounts = new Map<string, Account>();
  // A Set keeps the order of insertion. A contact moves to its end with each new interaction.
  const byActivity = new Set<Contact>();
  const changes = new EventEmitter<{ change: [Contact] }>().setMaxListeners(0);

  return {
    /** Emits `change` with a contact that has a new interaction. */
    changes,

    /**
     * Adds an interaction, unless the contact has one that day. A repeated Idempotency-Key adds
     * nothing and gives the first result again.
     *
     * @throws {RangeError} if the account's time zone does not exist
     */
    add(apiKey: string, call: IdentifyCall, idempotencyKey: string | undefined): AddResult {
      const account = openAccount(accounts, apiKey);
      const earlier =
        idempotencyKey === undefined ? undefined : account.resultsByKey.get(idempotencyKey);
      if (earlier !== undefined) return earlier;
      const { email, timestamp, description } = call;
      const day = calendarDay(timestamp, timeZoneOf(apiKey));
      const interaction = { timestamp, description, idempotencyKey: idempotencyKey ?? null, day };
      const result = addInteraction(account, email, interaction);
      if (idempotencyKey !== undefined) account.resultsByKey.set(idempotencyKey, result);
      return result;
    },

    /** The timeline of a contact, whose address may be in any casing; undefined if there is none. */
    find(apiKey: string, email: string): Contact | undefined {
      return accounts.get(apiKey)?.contacts.get(email.trim().toLowerCase());
    },

    /**
     * The contacts whose address contains a text, most recently active first.
     *
     * @param search the text in lower case; empty for all contacts
     */
    search(search: string): Contact[] {
      return [...byActivity].filter(({ email }) => email.includes(search)).reverse();
    },

    counts: () => ({ accounts: accounts.size, contacts: byActivity.size }),
  };

  function addInteraction(account: Account, email: string, interaction: Interaction): AddResult {
    const contact = openContact(account, email);
    if (contact.interactions.some(({ day }) => day === interaction.day)) {
      return { status: 'duplicate' };
    }
    contact.interactions.push(interaction);
    contact.interactions.sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
    byActivity.delete(contact);
    byActivity.add(contact);
    changes.emit('change', contact);
    return { status: 'added' };
  }
}

function openAccount(accounts: Map<string, Account>, apiKey: string): Account {
  const known = accounts.get(apiKey);
  if (known !== undefined) return known;
  const account = { number: accounts.size + 1, resultsByKey: new Map(), contacts: new Map() };
  accounts.set(apiKey, account);
  return account;
}

function openContact({ number, contacts }: Account, email: string): Contact {
  const known = contacts.get(email);
  if (known !== undefined) return known;
  const contact = { account: number, email, interactions: [] };
  contacts.set(email, contact);
  return contact;
}

function calendarDay(timestamp: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(new Date(timestamp));
  const partOf = (type: string) => parts.find((part) => part.type === type)?.value;
  return `${partOf('year')}-${partOf('month')}-${partOf('day')}`;
}
