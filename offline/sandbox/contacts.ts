import type { Changes } from './changes.ts';

/** One entry of a timeline. */
export interface Interaction {
  timestamp: string;
  description: string;
  idempotencyKey: string | null;
  /** The calendar date it counts for, such as `2020-05-31`. */
  day: string;
  /** The IANA time zone in which that date was found. */
  timeZone: string;
}

/** An interaction that the service has accepted, and not delivered yet. */
export interface UndeliveredInteraction {
  timestamp: string;
  description: string;
  day: string;
  timeZone: string;
  status: 'pending' | 'retrying' | 'dead';
  attempts: number;
  /** The code of what failed last. */
  lastError: string | null;
  /** When the next try is due, ISO 8601. */
  dueAt: string | null;
}

/** A contact of one account. Accounts are numbered from 1. */
export interface Contact {
  account: number;
  email: string;
  /** Newest first. */
  interactions: Interaction[];
  /** By their day. */
  undelivered: Map<string, UndeliveredInteraction>;
  /** Higher than that of every contact whose activity is earlier. */
  seq: number;
}

/** The contacts of all accounts, in memory. */
export type Contacts = ReturnType<typeof createContacts>;

/** Creates an empty store of contacts. Every API key is an account of its own. */
export function createContacts(changes: Changes) {
  const accounts = new Map<string, { number: number; contacts: Map<string, Contact> }>();
  // A Set keeps the order of insertion. A contact moves to its end with each activity.
  const byActivity = new Set<Contact>();
  let lastSeq = 0;

  return {
    /** Finds a contact, and creates it if need be. It is not listed before its first activity. */
    open(apiKey: string, email: string): Contact {
      const account = accounts.get(apiKey) ?? { number: accounts.size + 1, contacts: new Map() };
      accounts.set(apiKey, account);
      const contact: Contact = account.contacts.get(email) ?? {
        account: account.number,
        email,
        interactions: [],
        undelivered: new Map(),
        seq: 0,
      };
      account.contacts.set(email, contact);
      return contact;
    },

    /** Finds a contact by its address in lower case; undefined if there is none. */
    find: (apiKey: string, email: string): Contact | undefined =>
      accounts.get(apiKey)?.contacts.get(email),

    /** Finds a contact by the number of its account. */
    findListed: (account: number, email: string): Contact | undefined =>
      [...accounts.values()].find(({ number }) => number === account)?.contacts.get(email),

    /** Moves a contact to the top of the list, because it has a new interaction. */
    addActivity(contact: Contact): void {
      lastSeq += 1;
      contact.seq = lastSeq;
      byActivity.delete(contact);
      byActivity.add(contact);
      changes.announce('contacts');
    },

    /** Announces any other change of a contact. A contact without interactions leaves the list. */
    update(contact: Contact): void {
      if (contact.interactions.length + contact.undelivered.size === 0) byActivity.delete(contact);
      changes.announce('contacts');
    },

    /**
     * The contacts of which the address or a description contains a text, latest activity first.
     *
     * @param text in lower case; empty for all contacts
     */
    search(text: string): Contact[] {
      const found = text === '' ? [...byActivity] : [...byActivity].filter((one) => has(one, text));
      return found.reverse();
    },

    counts: () => ({ accounts: accounts.size, contacts: byActivity.size }),
  };
}

function has({ email, interactions, undelivered }: Contact, text: string): boolean {
  const describes = ({ description }: { description: string }) =>
    description.toLowerCase().includes(text);
  return (
    email.includes(text) || interactions.some(describes) || undelivered.values().some(describes)
  );
}
