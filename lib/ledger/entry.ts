import * as z from 'zod/mini';
import type { Item } from '../runtime/dynamodb/items.ts';

/** The key of an interaction: one per workspace, contact and day. */
export interface InteractionKey {
  /** `<workspace>#<contact key>` */
  contact: string;
  /** `2020-05-31` */
  day: string;
}

/** The primary key of the table. */
export const keySchema = z.object({ contact: z.string(), day: z.string() });

/** Every attribute that an interaction may have. */
export const entrySchema = z.extend(keySchema, {
  status: z.enum(['pending', 'delivered', 'retrying', 'dead']),
  event: z.optional(
    z.object({
      email: z.string(),
      timestamp: z.string(),
      description: z.string(),
      traceparent: z.optional(z.string()),
    }),
  ),
  attempts: z.number(),
  lastError: z.optional(z.string()),
  acceptedAt: z.iso.datetime(),
  settledAt: z.optional(z.iso.datetime()),
  retryWindowStartsAt: z.optional(z.iso.datetime()),
  queue: z.optional(z.string()),
  dueAt: z.optional(z.iso.datetime()),
  leasedUntil: z.optional(z.iso.datetime()),
  expiresAt: z.optional(z.number()),
});

/** An interaction in the ledger. Times are ISO 8601, but `expiresAt` is in epoch seconds. */
export type LedgerEntry = z.infer<typeof entrySchema>;

const { shape } = entrySchema;

/**
 * What can be read of an interaction. An attribute that is wrong is left out, so that an operator
 * can see the interaction and delete it.
 */
export const readableSchema = z.extend(keySchema, {
  status: z.catch(z.optional(shape.status), undefined),
  event: z.catch(shape.event, undefined),
  attempts: z.catch(z.optional(shape.attempts), undefined),
  lastError: z.catch(shape.lastError, undefined),
  acceptedAt: z.catch(z.optional(shape.acceptedAt), undefined),
  settledAt: z.catch(shape.settledAt, undefined),
  retryWindowStartsAt: z.catch(shape.retryWindowStartsAt, undefined),
  queue: z.catch(shape.queue, undefined),
  dueAt: z.catch(shape.dueAt, undefined),
  leasedUntil: z.catch(shape.leasedUntil, undefined),
  expiresAt: z.catch(shape.expiresAt, undefined),
});

/** An interaction as far as it can be read. */
export type ReadableEntry = z.infer<typeof readableSchema>;

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
export const dueSchema = z.extend(keySchema, { dueAt: z.string() });

/** An interaction as the index `due` lists it. */
export type DueEntry = z.infer<typeof dueSchema>;

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
