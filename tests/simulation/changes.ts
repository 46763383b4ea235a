import { workspaceIdOf } from '../../lib/ledger/entry.ts';
import type { Depth } from './depth.ts';
import type { Change } from './known.ts';
import { createOutcomeChecks, KEY_ERRORS } from './outcomes.ts';
import type { Invocation, Scheduler } from './scheduler.ts';
import type { Transition } from './transitions.ts';

/** What the checks of changes work with. */
export interface ChangeParts {
  scheduler: Scheduler;
  depth: Depth;
  /** true if no index was behind within the time that a container remembers what it read. */
  isIndexCurrent: () => boolean;
  /** Called when an interaction of a workspace was put off. */
  onPutOff: (invocation: Invocation, workspace: string) => void;
  /** Called when an attempt was settled without a call to Nat. */
  onUnsent: (workspace: string) => void;
  violate: (what: string) => void;
}

/** Creates a check for each way in which the ledger may change a known interaction. */
export function createChangeChecks(parts: ChangeParts) {
  const { scheduler, depth, violate } = parts;
  const outcomes = createOutcomeChecks(violate);
  return { settled, putOff, leased, redriven, released, hastened } satisfies Record<
    Transition,
    (change: Change) => void
  >;

  function settled(change: Change): void {
    const { one, invocation, after } = change;
    outcomes.onSettled(change);
    depth.onSettled(change);
    delete one.notBefore;
    delete one.lease;
    const answered = one.answers.get(invocation);
    if (answered === undefined) parts.onUnsent(workspaceIdOf(after));
    // An index that is behind by several rotations shows a text that nothing unseals any more.
    if (after.lastError === 'key unreadable' && parts.isIndexCurrent()) {
      violate('the key for Nat could not be read');
    }
    const { notBefore } = answered ?? {};
    if (after.status === 'retrying' && notBefore !== undefined) {
      one.notBefore = { at: notBefore, since: scheduler.tick() };
    }
    if (after.status === 'delivered') one.deliveredAt = scheduler.tick();
    if (after.status === 'dead') one.deadSince = Date.now();
  }

  /** Not sent, and nothing lost: neither content nor tries nor the retry window. */
  function putOff({ invocation, before, after }: Change): void {
    if (after.event === undefined) violate('put off without its content');
    if (after.retryWindowStartsAt !== before.retryWindowStartsAt || after.dueAt === undefined) {
      violate('put off for ever, or counted as a try');
    }
    parts.onPutOff(invocation, workspaceIdOf(after));
  }

  function leased({ one, invocation, after }: Change): void {
    const { lease } = one;
    if (lease?.by.state === 'running' && lease.by !== invocation) {
      violate('leased while another run tries it');
    }
    one.lease = { by: invocation, until: Date.parse(after.leasedUntil ?? '') };
    one.reads.set(invocation, after);
  }

  function redriven(change: Change): void {
    outcomes.checkRestart(change);
    delete change.one.notBefore;
    delete change.one.lease;
    delete change.one.deadSince;
  }

  /** A new key may release only what waits for a key. */
  function released(change: Change): void {
    const { one, before } = change;
    if (one.lease !== undefined && Date.now() < one.lease.until) violate('a lease was taken away');
    if (!KEY_ERRORS.includes(before.lastError ?? '')) {
      violate(`a new key released what waits because of ${before.lastError}`);
    }
    redriven(change);
  }

  /** The operator knows that Nat is back, whatever it asked for before. */
  function hastened({ one }: Change): void {
    if (one.lease !== undefined && Date.now() < one.lease.until) violate('a lease was taken away');
    delete one.notBefore;
  }
}
