import type { NatCall } from '../../lib/delivery/nat.ts';
import type { Known } from './known.ts';
import type { Answered, ReceivedCall } from './nat.ts';
import type { Invocation } from './scheduler.ts';

/** ISO 8601 timestamps drop fractions of a millisecond. */
const ROUNDING_MS = 1;

/**
 * Creates what watches the calls to Nat.
 *
 * @param violate called with each promise that is broken
 */
export function createCallWatcher(violate: (what: string) => void) {
  /** By the description, which no two events have in common. */
  const byDescription = new Map<string, Known>();
  const byCall = new WeakMap<NatCall, Known>();
  const idempotencyKeys = new Map<string, string>();
  return {
    /** The key that all calls about an interaction have, if there was one. */
    idempotencyKeyOf: (name: string): string | undefined => idempotencyKeys.get(name),

    /** The interaction that a call is about, also if it was deleted or replaced since. */
    subjectOf: ({ event }: NatCall): Known | undefined => byDescription.get(event.description),

    /** Called when an interaction was accepted: calls about it may follow. */
    onAccepted(one: Known): void {
      byDescription.set(one.entry.event?.description ?? '', one);
    },

    /** Called when a call reached Nat. */
    onCall({ invocation, call }: ReceivedCall): void {
      const one = byDescription.get(call.event.description);
      if (one === undefined) {
        violate('something was sent that was never accepted');
        return;
      }
      if ((idempotencyKeys.get(one.name) ?? call.idempotencyKey) !== call.idempotencyKey) {
        violate('a repeat carried another Idempotency-Key');
      }
      byCall.set(call, one);
      idempotencyKeys.set(one.name, call.idempotencyKey);
      one.answers.delete(invocation);
      checkTurn(one, invocation);
    },

    /** Called with the result of a call, before its caller gets it. */
    onAnswered(answered: Answered): void {
      byCall.get(answered.call)?.answers.set(answered.invocation, answered);
    },
  };

  /** An attempt that has started still ends. A later one must know what has happened. */
  function checkTurn(
    { goneAt, deliveredAt, notBefore, lease }: Known,
    { begunAt, name }: Invocation,
  ): void {
    const isEarlier = (tick: number | undefined) => tick !== undefined && tick < begunAt;
    if (isEarlier(goneAt)) violate('sent although it was deleted, or replaced, before');
    if (isEarlier(deliveredAt)) violate('sent again although it was delivered before');
    if (isEarlier(notBefore?.since) && Date.now() < (notBefore?.at ?? 0) - ROUNDING_MS) {
      violate('sent before the time that Nat asked for');
    }
    if (name === 'redeliver' && goneAt === undefined && lease?.by.begunAt !== begunAt) {
      violate('sent by a run of redeliver that has no lease of it');
    }
  }
}
