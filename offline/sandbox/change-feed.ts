import { setTimeout as wait } from 'node:timers/promises';
import type { FaultSwitch } from './fault-switch.ts';
import type { Contact, Timelines } from './timelines.ts';

// Long enough that a burst becomes one message, short enough to look immediate.
const GATHER_MS = 50;

/** What changed since the last time somebody asked; contacts with the latest activity first. */
type Changes = { contacts: Contact[]; faultsChanged: boolean };

/** Gathers changes for one listener, however slowly it asks for them. */
export type ChangeFeed = {
  /** Waits until something changed, or until `close`; then gives all of it at once. */
  next(): Promise<Changes>;
  close(): void;
};

/**
 * Starts gathering what changes. A listener that is slow gets fewer, fuller answers, and a contact
 * that changed twice is in them once: a burst never queues up.
 *
 * @param timelines where contacts change
 * @param faults where faults are switched
 * @param search only contacts whose address contains this are gathered
 * @returns the gatherer; `close` it, or it gathers for ever
 */
export const watchChanges = (
  timelines: Timelines,
  faults: FaultSwitch,
  search: string,
): ChangeFeed => {
  const changed = new Set<Contact>();
  let faultsChanged = false;
  let closed = false;
  let wake = () => {};

  const stopContacts = timelines.onChange((contact) => {
    if (!contact.email.includes(search)) return;
    changed.delete(contact);
    changed.add(contact);
    wake();
  });
  const stopFaults = faults.onChange(() => {
    faultsChanged = true;
    wake();
  });
  const untilWoken = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  return {
    async next() {
      if (changed.size === 0 && !faultsChanged && !closed) await untilWoken();
      if (!closed) await wait(GATHER_MS, undefined, { ref: false });
      const changes = { contacts: [...changed].reverse(), faultsChanged };
      changed.clear();
      faultsChanged = false;
      return changes;
    },
    close() {
      closed = true;
      stopContacts();
      stopFaults();
      wake();
    },
  };
};
