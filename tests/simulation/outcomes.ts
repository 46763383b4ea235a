import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import type { LedgerEntry } from '../../lib/ledger/entry.ts';
import { HOUR_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import type { Change } from './known.ts';
import type { Answered } from './nat.ts';
import { PUT_OFF } from './transitions.ts';

/** The errors that only a new key mends. Nat's contract decides this, so it stands here again. */
export const KEY_ERRORS = ['status 401', 'status 403', 'key unreadable'];
/** The answers of Nat that are final. */
const NEVER = /^status (?:400|422|501)$/;
/** A decision takes a moment until it is written. */
const MOMENT_MS = MINUTE_MS;

/**
 * Checks how attempts were settled.
 *
 * @param violate called with each promise that is broken
 */
export function createOutcomeChecks(violate: (what: string) => void) {
  return {
    /** Called when an attempt was settled. */
    onSettled(change: Change): void {
      const { one, invocation, before, after } = change;
      const { status, lastError = '' } = after;
      checkRead(change);
      checkOutcome(after, one.answers.get(invocation));
      if (status === 'dead') checkDeath(before, lastError);
      if (status === 'retrying') checkRetry(change, lastError);
      // Waiting for a key costs none of the retry window, nor does waiting for the first try.
      const isRestarted = KEY_ERRORS.includes(lastError) || before.lastError === PUT_OFF;
      if (isRestarted && status === 'retrying') checkRestart(change);
      else if (after.retryWindowStartsAt !== before.retryWindowStartsAt) {
        violate(`the retry window was restarted by ${lastError}`);
      }
    },

    checkRestart,
  };

  function checkRestart({ invocation, after }: Change): void {
    const startsAt = Date.parse(after.retryWindowStartsAt ?? after.acceptedAt);
    if (startsAt < invocation.startedAt) violate('the retry window was not restarted');
  }

  /** Nobody may settle what another one accepted, leased or settled since it was read. */
  function checkRead({ one, invocation, before }: Change): void {
    const read = one.reads.get(invocation);
    const isSame =
      read?.acceptedAt === before.acceptedAt &&
      read.attempts === before.attempts &&
      read.status === before.status &&
      read.dueAt === before.dueAt;
    if (!isSame) violate('settled although it had changed since it was read');
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

  /** Before the retry window is over, an interaction may die only of an error that never passes. */
  function checkDeath(before: LedgerEntry, error: string): void {
    const triedMs = triedFor(before);
    if (!NEVER.test(error) && triedMs < RETRY_SCHEDULE.giveUpAfterMs) {
      violate(`died of ${error} after ${Math.round(triedMs / HOUR_MS)} hours`);
    }
  }

  function checkRetry({ before, after }: Change, error: string): void {
    if (NEVER.test(error)) violate(`tried again after ${error}`);
    const waitsMs = Date.parse(after.dueAt ?? '') - Date.now();
    if (!(waitsMs <= RETRY_SCHEDULE.longestDelayMs + MOMENT_MS)) {
      violate(`due only after ${Math.round(waitsMs / HOUR_MS)} hours`);
    }
    const isOver = triedFor(before) >= RETRY_SCHEDULE.giveUpAfterMs + MOMENT_MS;
    if (isOver && !KEY_ERRORS.includes(error)) violate('tried after the end of its retry window');
  }
}

/** How long an interaction has used up of its retry window, ms. */
function triedFor({ acceptedAt, retryWindowStartsAt, lastError }: LedgerEntry): number {
  if (lastError === PUT_OFF) return 0;
  return Date.now() - Date.parse(retryWindowStartsAt ?? acceptedAt);
}
