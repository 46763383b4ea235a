import { setTimeout as delay } from 'node:timers/promises';
import type { FaultSwitch } from './fault-switch.ts';
import type { Contact, Timelines } from './timelines.ts';

/** Long enough to turn a burst into one message, short enough to look immediate. */
const GATHER_MS = 50;

/** What changed since the last time: contacts, latest activity first, and whether faults did. */
interface Changes {
  contacts: Contact[];
  faultsChanged: boolean;
}

/** Gathers changes for one reader. */
export interface ChangeFeed {
  /** Waits for a change, or for `close`; then gives everything that changed. */
  next(): Promise<Changes>;
  close(): void;
}

/**
 * Starts to gather changes. A burst never queues up: a slow reader gets fewer and larger answers,
 * and a contact that changed twice is in them once.
 *
 * @param search only contacts whose address contains this text, in lower case, are gathered
 * @returns the feed, which gathers until it is closed
 */
export function watchChanges(
  timelines: Timelines,
  faults: FaultSwitch,
  search: string,
): ChangeFeed {
  const contacts = new Set<Contact>();
  let faultsChanged = false;
  let firstChange = Promise.withResolvers<void>();
  timelines.changes.on('change', onContact);
  faults.changes.on('change', onFaults);

  return {
    async next() {
      await firstChange.promise;
      await delay(GATHER_MS, undefined, { ref: false });
      const changes = { contacts: [...contacts].reverse(), faultsChanged };
      contacts.clear();
      faultsChanged = false;
      firstChange = Promise.withResolvers();
      return changes;
    },
    close() {
      timelines.changes.off('change', onContact);
      faults.changes.off('change', onFaults);
      firstChange.resolve();
    },
  };

  function onContact(contact: Contact): void {
    if (!contact.email.includes(search)) return;
    contacts.delete(contact);
    contacts.add(contact);
    firstChange.resolve();
  }

  function onFaults(): void {
    faultsChanged = true;
    firstChange.resolve();
  }
}
