import type { TakeResult } from './timelines.ts';

/**
 * One `POST /identify` as it ended: never its key, never its body. It is `dropped` if its caller got
 * no answer, because of a fault or because it had gone.
 */
export type Call = {
  at: string;
  status: number | 'dropped';
  idempotencyKey: string | null;
  userAgent: string | null;
};

/** What all calls that were taken came to; Idempotency-Keys count as one sender's. */
export type CallTotals = {
  /** Idempotency-Keys under which a call was taken. */
  keys: number;
  /** Calls that were answered. */
  answered: number;
  /** Calls whose caller got no answer, and has to repeat them. */
  unanswered: number;
  /** Calls under a key that had been answered before: nobody needed them. */
  needless: number;
  /** Calls under another key, or none, for a contact and day that has its interaction. */
  secondOfDay: number;
};

const MOST_CALLS = 10_000;
/** What is older is forgotten. A key is some 200 bytes, here and on its timeline. */
const MOST_KEYS = 1_000_000;

/**
 * Makes the record behind `GET /calls`, the last 10,000 calls in the order they ended, and behind
 * `GET /calls/totals`.
 *
 * @returns `add`, which is told what a call that was taken did; `all`, oldest first; `totals`
 */
export const createCalls = () => {
  const calls: Call[] = [];
  const answeredByKey = new Map<string, boolean>();
  const totals: CallTotals = { keys: 0, answered: 0, unanswered: 0, needless: 0, secondOfDay: 0 };

  const count = ({ status, idempotencyKey }: Call, taken: TakeResult['status']): void => {
    const answered = status !== 'dropped';
    totals[answered ? 'answered' : 'unanswered'] += 1;
    if (taken === 'duplicate') totals.secondOfDay += 1;
    if (idempotencyKey === null) return;
    const before = answeredByKey.get(idempotencyKey);
    if (before === undefined) totals.keys += 1;
    if (before === true) totals.needless += 1;
    answeredByKey.set(idempotencyKey, answered || before === true);
    const [oldest] = answeredByKey.keys();
    if (answeredByKey.size > MOST_KEYS && oldest !== undefined) answeredByKey.delete(oldest);
  };

  return {
    add(call: Call, taken?: TakeResult['status']): void {
      calls.push(call);
      if (calls.length > MOST_CALLS) calls.shift();
      if (taken !== undefined) count(call, taken);
    },
    all: (): readonly Call[] => calls,
    totals: (): CallTotals => totals,
  };
};
