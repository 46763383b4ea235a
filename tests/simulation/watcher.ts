import { interactionId, type LedgerEntry, workspaceIdOf } from '../../lib/ledger/entry.ts';
import { createCallWatcher } from './calls.ts';
import { type ChangeParts, createChangeChecks } from './changes.ts';
import { dayIn } from './customers.ts';
import type { Effect } from './database.ts';
import type { DeletionWatch } from './deletions.ts';
import type { Known } from './known.ts';
import type { Invocation } from './scheduler.ts';
import { transitionOf } from './transitions.ts';

/** An interaction that was accepted. */
interface Write {
  invocation: Invocation;
  name: string;
  /** The response was lost. The client wrote again and was told that there is one already. */
  repeated: boolean;
}

/** What the watcher works with. */
interface WatcherParts extends ChangeParts {
  /** The time zones that an event accepted by an invocation may be counted in. */
  zonesOf: (workspace: string, startedAt: number) => Set<string>;
  /** true if the invocation runs a command that deletes interactions. */
  mayDelete: (invocation: Invocation) => boolean;
  deletions: DeletionWatch;
}

/** Watches every write and every call to Nat that takes effect. */
export function createWatcher(parts: WatcherParts) {
  const { scheduler, violate } = parts;
  const known = new Map<string, Known>();
  /** When an interaction was deleted, ms of the virtual clock. */
  const deletedAt = new Map<string, number>();
  const writes: Write[] = [];
  const checks = createChangeChecks(parts);
  const { onAccepted, ...calls } = createCallWatcher(violate);

  return {
    ...calls,
    known,
    writes,
    deletedAt,

    /** Called when a write took effect. @returns true if it accepted an interaction */
    onEffect({ invocation, key, after, repeated }: Effect): boolean {
      const name = interactionId(key);
      const one = known.get(name);
      if (after === undefined) {
        // A repeated call deletes nothing.
        if (one === undefined) return false;
        const isOrdered = parts.mayDelete(invocation) || parts.deletions.mayDelete(one);
        if (!isOrdered) violate('deleted, but nobody ordered it');
        parts.depth.count(`deleted by ${invocation.name}`);
        forget(name);
        return false;
      }
      if (after.status === 'pending') {
        accept(invocation, name, after);
        writes.push({ invocation, name, repeated });
        return true;
      }
      if (one === undefined) {
        violate('written although it was deleted, or never accepted');
        return false;
      }
      const before = one.entry;
      if (before.status === 'delivered') violate('written again after it was delivered');
      const transition = transitionOf(before, after);
      if (transition === undefined) violate('changed in a way that no rule allows');
      else {
        parts.depth.count(`${transition} by ${invocation.name}`);
        checks[transition]({ one, invocation, before, after });
      }
      one.entry = after;
      return false;
    },

    /** Called when an invocation read an interaction. */
    onRead(invocation: Invocation, entry: LedgerEntry): void {
      known.get(interactionId(entry))?.reads.set(invocation, entry);
    },

    /** Called when TTL deleted an interaction. */
    onExpiry(name: string): void {
      const status = known.get(name)?.entry.status;
      if (status !== 'delivered') violate(`expired while it was ${status}`);
      forget(name);
    },
  };

  function forget(name: string): void {
    const one = known.get(name);
    if (one !== undefined) one.goneAt = scheduler.tick();
    known.delete(name);
    deletedAt.set(name, Date.now());
  }

  function accept(invocation: Invocation, name: string, entry: LedgerEntry): void {
    const before = known.get(name);
    if (before !== undefined && before.entry.status !== 'dead') {
      violate(`a second interaction of a day was written over a ${before.entry.status} one`);
    }
    if (before !== undefined) {
      before.goneAt = scheduler.tick();
      parts.depth.count('a new event replaced a dead one');
    }
    const zones = parts.zonesOf(workspaceIdOf(entry), invocation.startedAt);
    const instant = Date.parse(entry.event?.timestamp ?? '');
    if (![...zones].some((zone) => dayIn(zone, instant) === entry.day)) {
      violate(`counted for ${entry.day}, which is another day in its time zone`);
    }
    const since = scheduler.tick();
    const one = {
      name,
      ...{ since, acceptedBy: invocation, zones, entry, tries: 0 },
      ...{ reads: new Map(), answers: new Map() },
    };
    known.set(name, one);
    parts.deletions.onAccepted(one);
    onAccepted(one);
  }
}
