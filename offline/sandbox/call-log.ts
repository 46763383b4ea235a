import type { AddResult } from './timelines.ts';

/** Older calls are forgotten. */
const MAX_CALLS = 10_000;
/** Older keys are forgotten. A key takes some 200 bytes, here and on its timeline. */
const MAX_KEYS = 1_000_000;

/** One call of `POST /identify`, without its API key and body. */
export interface Call {
  /** When it arrived, in ISO 8601. */
  at: string;
  /** `dropped` if the caller got no complete answer: because of a fault, or because it had left. */
  status: number | 'dropped';
  idempotencyKey: string | null;
  userAgent: string | null;
  /** https://www.w3.org/TR/trace-context-1/ */
  traceparent: string | null;
}

/** Counts of all calls that Nat processed, so not of those it rejected or answered with a fault. */
export interface CallTotals {
  /** Different Idempotency-Keys. */
  keys: number;
  /** Calls that were answered. */
  answered: number;
  /** Calls whose caller got no complete answer, and has to repeat them. */
  unanswered: number;
  /** Calls with an Idempotency-Key that had been answered before: nobody needed them. */
  needless: number;
  /** Calls with another key, or none, for a contact and day that already had an interaction. */
  secondOfDay: number;
}

export type CallLog = ReturnType<typeof createCallLog>;

/** Creates an empty log of calls: the last 10,000 in the order they ended, and totals of all. */
export function createCallLog() {
  const calls: Call[] = [];
  const answeredByKey = new Map<string, boolean>();
  const totals: CallTotals = { keys: 0, answered: 0, unanswered: 0, needless: 0, secondOfDay: 0 };

  return {
    /**
     * Adds a call that has ended.
     *
     * @param result what Nat did with the call; undefined if it was not processed
     */
    add(call: Call, result: AddResult | undefined): void {
      calls.push(call);
      if (calls.length > MAX_CALLS) calls.shift();
      if (result !== undefined) count(call, result);
    },

    /** The last calls, oldest first. */
    list: (): readonly Call[] => calls,

    totals: (): CallTotals => totals,
  };

  function count({ status, idempotencyKey }: Call, result: AddResult): void {
    const isAnswered = status !== 'dropped';
    totals[isAnswered ? 'answered' : 'unanswered'] += 1;
    if (result.status === 'duplicate') totals.secondOfDay += 1;
    if (idempotencyKey === null) return;
    const wasAnswered = answeredByKey.get(idempotencyKey);
    if (wasAnswered === undefined) totals.keys += 1;
    if (wasAnswered === true) totals.needless += 1;
    answeredByKey.set(idempotencyKey, isAnswered || wasAnswered === true);
    const [oldest] = answeredByKey.keys();
    if (answeredByKey.size > MAX_KEYS && oldest !== undefined) answeredByKey.delete(oldest);
  }
}
