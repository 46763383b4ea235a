import * as v from 'valibot';
import type { Item } from '../runtime/dynamodb/items.ts';
import { isoInstant } from '../runtime/iso-instant.ts';

/** The key of an interaction: one per workspace, contact and day. */
export interface InteractionKey {
  /** `<workspace>#<contact key>` */
  contact: string;
  /** `2020-05-31` */
  day: string;
}

/** The primary key of the table. */
export const keySchema = v.object({ contact: v.string(), day: v.string() });

/** Every attribute that an interaction may have. */
export const entrySchema = v.object({
  ...keySchema.entries,
  status: v.picklist(['pending', 'delivered', 'retrying', 'dead']),
  event: v.optional(
    v.object({
      email: v.string(),
      timestamp: v.string(),
      description: v.string(),
      traceparent: v.optional(v.string()),
    }),
  ),
  attempts: v.number(),
  lastError: v.optional(v.string()),
  acceptedAt: isoInstant,
  settledAt: v.optional(isoInstant),
  retryWindowStartsAt: v.optional(isoInstant),
  queue: v.optional(v.string()),
  dueAt: v.optional(isoInstant),
  leasedUntil: v.optional(isoInstant),
  expiresAt: v.optional(v.number()),
});

/** An interaction in the ledger. Times are ISO 8601, but `expiresAt` is in epoch seconds. */
export type LedgerEntry = v.InferOutput<typeof entrySchema>;

const { entries } = entrySchema;

/**
 * What can be read of an interaction. An attribute that is wrong is left out, so that an operator
 * can see the interaction and delete it.
 */
export const readableSchema = v.object({
  ...keySchema.entries,
  status: v.fallback(v.optional(entries.status), undefined),
  event: v.fallback(entries.event, undefined),
  attempts: v.fallback(v.optional(entries.attempts), undefined),
  lastError: v.fallback(entries.lastError, undefined),
  acceptedAt: v.fallback(v.optional(entries.acceptedAt), undefined),
  settledAt: v.fallback(entries.settledAt, undefined),
  retryWindowStartsAt: v.fallback(entries.retryWindowStartsAt, undefined),
  queue: v.fallback(entries.queue, undefined),
  dueAt: v.fallback(entries.dueAt, undefined),
  leasedUntil: v.fallback(entries.leasedUntil, undefined),
  expiresAt: v.fallback(entries.expiresAt, undefined),
});

/** An interaction as far as it can be read. */
export type ReadableEntry = v.InferOutput<typeof readableSchema>;

/**
 * What is sent to Nat. The ledger keeps it only until it is delivered. `traceparent` is the header of
 * the request that brought it, absent if there was no valid one.
 */
export type OutboxEvent = NonNullable<LedgerEntry['event']>;

/** What an update sets. `null` removes an attribute, `undefined` leaves it as it is. */
export type EntryChanges = {
  [Name in keyof Omit<LedgerEntry, 'contact' | 'day'>]?: LedgerEntry[Name] | null;
};

/** What the index `due` holds of an interaction. Any `dueAt`: a wrong one must not hide the others. */
export const dueSchema = v.object({ ...keySchema.entries, dueAt: v.string() });

/** An interaction as the index `due` lists it. */
export type DueEntry = v.InferOutput<typeof dueSchema>;

/** A key as one text, for sets and maps. */
export function interactionId({ contact, day }: InteractionKey): string {
  return `${contact}#${day}`;
}

/** The id of the workspace that an interaction belongs to. */
export function workspaceIdOf({ contact }: InteractionKey): string {
  return contact.slice(0, contact.lastIndexOf('#'));
}

/** A key as DynamoDB takes it. */
export function toKeyItem({ contact, day }: InteractionKey): Item {
  return { contact: { S: contact }, day: { S: day } };
}
