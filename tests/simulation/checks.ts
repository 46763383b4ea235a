import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { interactionId, type LedgerEntry } from '../../lib/ledger/entry.ts';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import type { Effect } from './database.ts';
import type { Answered, ReceivedCall } from './nat.ts';
import type { Invocation, Scheduler } from './scheduler.ts';
import { PUT_OFF, transitionOf } from './transitions.ts';

/** The errors that only a new key mends. Nat's contract decides this, so it stands here again. */
const KEY_ERRORS = ['status 401', 'status 403', 'key unreadable'];
/** ISO 8601 timestamps drop fractions of a millisecond. */
const ROUNDING_MS = 1;

/** An interaction that was accepted. */
interface Write {
  invocation: object;
  name: string;
  /** The response was lost. The client wrote again and was told that there is one already. */
  repeated: boolean;
}

/** What is known of an interaction besides what the ledger holds. */
interface Known {
  /** As it was accepted, with the event that is removed later. */
  accepted: LedgerEntry;
  /** As the last write left it. */
  entry: LedgerEntry;
  idempotencyKey?: string;
  /** The scheduler's tick at which it was settled as delivered. */
  deliveredAt?: number;
  /** The attempt of redeliver that is not settled yet. */
  lease?: { by: object; until: number };
  /** Nat's answer to each invocation. A `Retry-After` in it counts when the invocation settles. */
  answers: Map<object, Answered>;
  notBefore?: { at: number; since: number };
}

/** A write that took effect on a known interaction. */
interface Change {
  one: Known;
  invocation: Invocation;
  before: LedgerEntry;
  after: LedgerEntry;
}

/**
 * Watches every write and every call to Nat that takes effect.
 *
 * @param violate called with each promise that is broken
 */
export function createWatcher(scheduler: Scheduler, violate: (what: string) => void) {
  const known = new Map<string, Known>();
  const byIdempotencyKey = new Map<string, Known>();
  const writes: Write[] = [];
  const checks = {
    settled: onSettled,
    putOff: onPutOff,
    leased: onLeased,
    redriven: onRedriven,
    released: onReleased,
  };

  return {
    known,
    writes,

    /**
     * Called when a write of the ledger took effect.
     *
     * @returns the interaction if it was accepted; the stream's filter lets it through
     */
    onEffect({ invocation, before, after, repeated }: Effect): LedgerEntry | undefined {
      const transition = transitionOf(before, after);
      if (transition === 'accepted' && after !== undefined) {
        onAccepted(invocation, after, repeated);
        return after;
      }
      const one = after && known.get(interactionId(after));
      if (one === undefined || before === undefined || after === undefined) {
        violate('an interaction was written that was never accepted, or deleted');
        return undefined;
      }
      if (before.status === 'delivered') violate('written again after it was delivered');
      if (transition === undefined || transition === 'accepted') {
        violate('a write changed an interaction in a way that no rule allows');
      } else {
        checks[transition]({ one, invocation, before, after });
      }
      one.entry = after;
      return undefined;
    },

    /** Called when TTL deleted an interaction. */
    onExpiry(name: string): void {
      const status = known.get(name)?.entry.status;
      if (status !== 'delivered') violate(`expired while it was ${status}`);
      known.delete(name);
    },

    /** Called when a call reached Nat. */
    onCall({ invocation, call, at }: ReceivedCall): void {
      const one = interactionOf(call.event.email, call.event.timestamp, call.idempotencyKey);
      if (one === undefined) {
        violate('something was sent that was never accepted');
        return;
      }
      if (one.idempotencyKey !== undefined && one.idempotencyKey !== call.idempotencyKey) {
        violate('a repeat carried another Idempotency-Key');
      }
      one.idempotencyKey = call.idempotencyKey;
      one.answers.delete(invocation);
      byIdempotencyKey.set(call.idempotencyKey, one);
      if (one.deliveredAt !== undefined && one.deliveredAt < invocation.begunAt) {
        violate('sent again although it was delivered before the try began');
      }
      const { notBefore } = one;
      // An invocation that was already running when Nat asked for a pause cannot know of it.
      const knows = notBefore !== undefined && notBefore.since < invocation.begunAt;
      if (knows && at < notBefore.at - ROUNDING_MS) {
        violate('sent before the time that Nat asked for');
      }
      if (invocation.name === 'redeliver' && one.lease?.by !== invocation) {
        violate('sent by a run of redeliver that has no lease of it');
      }
    },

    /** Called with the result of a call, before its caller gets it. */
    onAnswered(answered: Answered): void {
      byIdempotencyKey.get(answered.idempotencyKey)?.answers.set(answered.invocation, answered);
    },
  };

  function onAccepted(invocation: Invocation, entry: LedgerEntry, repeated: boolean): void {
    const name = interactionId(entry);
    const before = known.get(name);
    if (before !== undefined && before.entry.status !== 'dead') {
      violate(`a second interaction of a day was written over a ${before.entry.status} one`);
    }
    const one: Known = { accepted: entry, entry, answers: new Map() };
    known.set(name, one);
    if (before?.idempotencyKey !== undefined) {
      one.idempotencyKey = before.idempotencyKey;
      byIdempotencyKey.set(before.idempotencyKey, one);
    }
    writes.push({ invocation, name, repeated });
  }

  function onSettled(change: Change): void {
    const { one, invocation, before, after } = change;
    const { status, lastError = '' } = after;
    const answered = one.answers.get(invocation);
    checkOutcome(after, answered);
    if (status === 'dead') checkDeath(before, lastError);
    // Waiting for a key costs none of the retry window, nor does waiting for the first try.
    const isRestarted = KEY_ERRORS.includes(lastError) || before.lastError === PUT_OFF;
    if (isRestarted && status === 'retrying') checkRestart(change);
    else if (after.retryWindowStartsAt !== before.retryWindowStartsAt) {
      violate(`the retry window was restarted by ${lastError}`);
    }
    delete one.notBefore;
    if (status === 'retrying' && answered?.notBefore !== undefined) {
      one.notBefore = { at: answered.notBefore, since: scheduler.tick() };
    }
    if (status === 'delivered') one.deliveredAt = scheduler.tick();
    delete one.lease;
  }

  /** Not sent, and nothing lost: neither content nor tries nor the retry window. */
  function onPutOff({ before, after }: Change): void {
    if (after.event === undefined) violate('put off without its content');
    if (after.retryWindowStartsAt !== before.retryWindowStartsAt || after.dueAt === undefined) {
      violate('put off for ever, or counted as a try');
    }
  }

  function onLeased({ one, invocation, after }: Change): void {
    one.lease = { by: invocation, until: Date.parse(after.leasedUntil ?? '') };
  }

  function onRedriven(change: Change): void {
    checkRestart(change);
    delete change.one.notBefore;
    delete change.one.lease;
  }

  /** A new key may release only what waits for a key. */
  function onReleased(change: Change): void {
    const { one, before } = change;
    if (one.lease !== undefined && Date.now() < one.lease.until) violate('a lease was taken away');
    if (!KEY_ERRORS.includes(before.lastError ?? '')) {
      violate(`a new key released what waits because of ${before.lastError}`);
    }
    onRedriven(change);
  }

  /** The status must fit Nat's answer, and only a delivered interaction loses its content. */
  function checkOutcome({ status, lastError, event }: LedgerEntry, answered?: Answered): void {
    const isDelivered = status === 'delivered';
    if (isDelivered !== (answered?.result.verdict === 'accepted')) {
      violate(`settled as ${status}, but Nat's verdict is ${answered?.result.verdict}`);
    }
    if (isDelivered !== (event === undefined)) {
      violate(isDelivered ? 'delivered with its address' : `${status} without its content`);
    }
    if (answered !== undefined && 'error' in answered.result) {
      const { error } = answered.result;
      if (lastError !== error) violate(`${status} because of ${lastError} instead of ${error}`);
    }
  }

  function checkRestart({ invocation, after }: Change): void {
    const startsAt = Date.parse(after.retryWindowStartsAt ?? after.acceptedAt);
    if (startsAt < invocation.startedAt) violate('the retry window was not restarted');
  }

  function interactionOf(email: string, timestamp: string, idempotencyKey: string) {
    return (
      byIdempotencyKey.get(idempotencyKey) ??
      [...known.values()].find(
        ({ accepted: { event } }) => event?.email === email && event.timestamp === timestamp,
      )
    );
  }

  /** Before the retry window is over, an interaction may die only of an error that never passes. */
  function checkDeath({ acceptedAt, retryWindowStartsAt }: LedgerEntry, error: string): void {
    const never = /^status (?:400|422|501)$/.test(error);
    const triedMs = Date.now() - Date.parse(retryWindowStartsAt ?? acceptedAt);
    if (!never && triedMs < RETRY_SCHEDULE.giveUpAfterMs) {
      violate(`died of ${error} after ${Math.round(triedMs / HOUR_MS)} hours`);
    }
  }
}
