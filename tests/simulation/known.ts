import type { LedgerEntry } from '../../lib/ledger/entry.ts';
import type { Answered } from './nat.ts';
import type { Invocation } from './scheduler.ts';

/** What is known of an interaction besides what the ledger holds. */
export interface Known {
  /** Its `interactionId`. */
  name: string;
  /** The tick at which it was accepted. */
  since: number;
  acceptedBy: Invocation;
  /** The time zones in which its day may have been counted. */
  zones: Set<string>;
  /** As the last write left it. */
  entry: LedgerEntry;
  /** How often it was tried since it was accepted. */
  tries: number;
  /** When the first try failed, ms of the virtual clock. */
  failingSince?: number;
  /** The scheduler's tick at which it was settled as delivered. */
  deliveredAt?: number;
  /** The tick at which it was deleted, or a new event took its day. */
  goneAt?: number;
  /** When it died, ms of the virtual clock. */
  deadSince?: number;
  /** The attempt of redeliver that is not settled yet. */
  lease?: { by: Invocation; until: number };
  /** As each invocation read it last, by its key or with its lease. */
  reads: Map<Invocation, LedgerEntry>;
  /** Nat's answer to each invocation. A `Retry-After` in it counts when the invocation settles. */
  answers: Map<Invocation, Answered>;
  notBefore?: { at: number; since: number };
}

/** A write that took effect on a known interaction. */
export interface Change {
  one: Known;
  invocation: Invocation;
  before: LedgerEntry;
  after: LedgerEntry;
}
