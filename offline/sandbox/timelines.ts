import type { Contact, Contacts } from './contacts.ts';
import type { IdentifyCall } from './identify-call.ts';

/** Nat's answer to a valid call. */
export interface AddResult {
  status: 'added' | 'duplicate';
}

/** Who calls Nat, and how. */
export interface Caller {
  apiKey: string;
  /** The IANA time zone in which the account of the key counts its days. */
  timeZone: string;
  idempotencyKey: string | undefined;
}

/** Nat's timelines, in memory. */
export type Timelines = ReturnType<typeof createTimelines>;

/**
 * Creates empty timelines that keep Nat's rules.
 *
 * @param contacts holds the interactions
 */
export function createTimelines(contacts: Contacts) {
  const resultsByKey = new Map<string, Map<string, AddResult>>();

  return {
    /**
     * Adds an interaction, unless the contact has one that day. A repeated Idempotency-Key adds
     * nothing and gives the first result again.
     *
     * @throws {RangeError} if the time zone does not exist
     */
    add(call: IdentifyCall, { apiKey, timeZone, idempotencyKey }: Caller): AddResult {
      const results = resultsByKey.get(apiKey) ?? new Map<string, AddResult>();
      resultsByKey.set(apiKey, results);
      const earlier = idempotencyKey === undefined ? undefined : results.get(idempotencyKey);
      if (earlier !== undefined) return earlier;
      const { email, timestamp, description } = call;
      const day = calendarDay(timestamp, timeZone);
      const contact = contacts.open(apiKey, email);
      const isTaken = contact.interactions.some((interaction) => interaction.day === day);
      if (!isTaken) {
        contact.interactions.push({
          timestamp,
          description,
          idempotencyKey: idempotencyKey ?? null,
          day,
          timeZone,
        });
        contact.interactions.sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
        // What was waiting has its place already.
        if (contact.undelivered.has(day)) contacts.update(contact);
        else contacts.addActivity(contact);
      }
      const result: AddResult = { status: isTaken ? 'duplicate' : 'added' };
      if (idempotencyKey !== undefined) results.set(idempotencyKey, result);
      return result;
    },

    /** A contact with a timeline. Its address may be in any casing; undefined if there is none. */
    find(apiKey: string, email: string): Contact | undefined {
      const contact = contacts.find(apiKey, email.trim().toLowerCase());
      return contact?.interactions.length === 0 ? undefined : contact;
    },
  };
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
