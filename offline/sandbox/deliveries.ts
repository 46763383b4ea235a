import type { Changes } from './changes.ts';
import type { Contact, Contacts, UndeliveredInteraction } from './contacts.ts';

/** Older ones are forgotten. One takes about 500 bytes, with its contact. */
const MAX_UNDELIVERED = 10_000;
/** Older ones are forgotten. One takes about 150 bytes. */
const MAX_DELIVERED = 50_000;

/** An interaction of the service's ledger, with the API key of its account at Nat. */
export interface LedgerInteraction extends UndeliveredInteraction {
  apiKey: string;
  email: string;
}

/** How far the service is with an interaction. */
export type DeliveryStatus = UndeliveredInteraction['status'] | 'delivered';

/** What the service has delivered, and what it has not. */
export type Deliveries = ReturnType<typeof createDeliveries>;

/**
 * Creates an empty store of what is in the service's ledger. `id` names an interaction there.
 *
 * @param contacts shows what is not delivered beside what Nat has
 */
export function createDeliveries(contacts: Contacts, changes: Changes) {
  const undelivered = new Map<string, { contact: Contact; interaction: UndeliveredInteraction }>();
  const delivered = new Set<string>();

  return {
    /** Adds an interaction that is not delivered, or shows what has changed in it. */
    set(id: string, { apiKey, email, ...interaction }: LedgerInteraction): void {
      // Records may overtake each other, and what is delivered stays delivered.
      if (delivered.has(id)) return;
      const contact = contacts.open(apiKey, email);
      const isAtNat = contact.interactions.some(({ day }) => day === interaction.day);
      const isNew = !undelivered.has(id) && !isAtNat;
      contact.undelivered.set(interaction.day, interaction);
      undelivered.set(id, { contact, interaction });
      if (isNew) contacts.addActivity(contact);
      else contacts.update(contact);
      const [oldest] = undelivered.keys();
      if (undelivered.size > MAX_UNDELIVERED && oldest !== undefined) hide(oldest);
      changes.announce('requests');
    },

    /** The interaction is delivered. */
    setDelivered(id: string): void {
      hide(id);
      delivered.add(id);
      const [oldest] = delivered;
      if (delivered.size > MAX_DELIVERED && oldest !== undefined) delivered.delete(oldest);
      changes.announce('requests');
    },

    /** The interaction was deleted. */
    remove(id: string): void {
      hide(id);
      delivered.delete(id);
      changes.announce('requests');
    },

    /** The status of an interaction; undefined if it is unknown, or too long ago. */
    statusOf: (id: string): DeliveryStatus | undefined =>
      undelivered.get(id)?.interaction.status ?? (delivered.has(id) ? 'delivered' : undefined),
  };

  function hide(id: string): void {
    const known = undelivered.get(id);
    if (known === undefined) return;
    undelivered.delete(id);
    known.contact.undelivered.delete(known.interaction.day);
    contacts.update(known.contact);
  }
}
