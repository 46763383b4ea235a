import type { LedgerEntry } from './entry.ts';

const DAY_SECONDS = 24 * 60 * 60;
/** An event up to a day ahead, in any time zone, falls on a day that ends this much later at most. */
const EXPIRY_MARGIN_DAYS = 2;

/** How one try of a delivery ended. */
export type Outcome =
  | { status: 'delivered' }
  | {
      status: 'retrying';
      error: string;
      /** ms since the epoch */
      dueAt: number;
      /** Set if the 72 hours of its tries begin now. */
      restartsRetryWindow?: boolean;
    }
  | { status: 'dead'; error: string };

/** What becomes of each attribute; one that is undefined goes. */
export type AttributeChanges = { [Name in keyof LedgerEntry]?: LedgerEntry[Name] | undefined };

/** What settling takes besides the interaction and how its try ended. */
export interface OutcomeContext {
  /** The present, ms since the epoch. */
  now: number;
  /** The partition of the index in which it waits for its next try. */
  retryQueue: string;
  /** How long delivered interactions are kept; for ever if undefined. */
  retentionDays: number | undefined;
}

/**
 * What settling changes. What is delivered loses its address and description, and it alone
 * expires: what waits, for Nat or for an operator, is kept for as long as that takes.
 */
export function attributesAfter(
  entry: LedgerEntry,
  settlement: Outcome,
  { now, retryQueue, retentionDays }: OutcomeContext,
): AttributeChanges {
  const { status } = settlement;
  const at = new Date(now).toISOString();
  const change = { status, attempts: entry.attempts + 1, leasedUntil: undefined };
  switch (status) {
    case 'delivered': {
      const expiresAt = retentionDays && expiryOf(entry, now, retentionDays);
      const gone = { event: undefined, queue: undefined, dueAt: undefined, lastError: undefined };
      return { ...change, ...gone, settledAt: at, expiresAt };
    }
    case 'retrying': {
      const { error, dueAt, restartsRetryWindow: afresh } = settlement;
      const waits = { lastError: error, queue: retryQueue, dueAt: new Date(dueAt).toISOString() };
      return { ...change, ...waits, ...(afresh && { retryWindowStartsAt: at }) };
    }
    case 'dead':
      return { ...change, lastError: settlement.error, settledAt: at, queue: 'dead', dueAt: at };
  }
}

/** Late enough that no event which is still young enough to be accepted meets an expired entry. */
function expiryOf({ event, acceptedAt }: LedgerEntry, now: number, retentionDays: number): number {
  const newest = Math.max(Date.parse(event?.timestamp ?? acceptedAt), now) / 1000;
  return Math.ceil(newest) + (retentionDays + EXPIRY_MARGIN_DAYS) * DAY_SECONDS;
}
