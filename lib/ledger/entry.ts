import * as z from 'zod/mini';

/** The key of an interaction, which is the one-per-day rule itself. */
export interface InteractionKey {
  /** `<workspace>#<contact key>` */
  contact: string;
  /** `2020-05-31` */
  day: string;
}

/** Every attribute that an interaction may have. */
export const entrySchema = z.object({
  contact: z.string(),
  day: z.string(),
  status: z.enum(['pending', 'delivered', 'retrying', 'dead']),
  event: z.optional(
    z.object({ email: z.string(), timestamp: z.string(), description: z.string() }),
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

/** An interaction as the ledger holds it. All times are ISO 8601, `expiresAt` is epoch seconds. */
export type LedgerEntry = z.infer<typeof entrySchema>;

/** What Nat needs to be told: kept only until it has been. */
export type OutboxEvent = NonNullable<LedgerEntry['event']>;

/** What the index `due` projects. */
export const dueSchema = z.object({
  contact: z.string(),
  day: z.string(),
  dueAt: z.iso.datetime(),
});

/** What the index of what is due holds of an interaction. */
export type DueEntry = z.infer<typeof dueSchema>;

/** One text for a key, for sets and maps. */
export function interactionId({ contact, day }: InteractionKey): string {
  return `${contact}#${day}`;
}

/** The workspace that an interaction's `contact` belongs to. */
export function workspaceIdOf({ contact }: InteractionKey): string {
  return contact.slice(0, contact.lastIndexOf('#'));
}
