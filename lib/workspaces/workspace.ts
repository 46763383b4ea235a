import * as z from 'zod/mini';
import { customFormatSchema } from '../event/custom-format.ts';

/**
 * The settings of a workspace. `natApiKey` and `sharedSecret` are sealed. `contactsNamedBy` is the
 * fingerprint of the secret that names its contacts. `deletions` says whether Segment's deletion
 * message is honoured; absent means off.
 */
export const settingsSchema = z.object({
  name: z.string(),
  status: z.enum(['active', 'disabled']),
  timeZone: z.string(),
  standardMessage: z.string(),
  natApiKey: z.string(),
  sharedSecret: z.optional(z.string()),
  contactsNamedBy: z.string(),
  customFormat: z.optional(customFormatSchema),
  deletions: z.optional(z.enum(['on', 'off'])),
});

/** What the record of an API key holds for the functions. */
export const workspaceSchema = z.extend(settingsSchema, {
  key: z.string(),
  id: z.string(),
  createdAt: z.iso.datetime(),
  validUntil: z.optional(z.iso.datetime()),
  natKeyRejectedAt: z.optional(z.iso.datetime()),
});

/**
 * One customer under one of its API keys. `key` is the SHA-256 of the API key. `createdAt` is when
 * it became the key of the workspace. `validUntil` is set once another key replaced it.
 */
export type Workspace = z.infer<typeof workspaceSchema>;

/** true until the key has ended. `now` is in ms since the epoch. */
export function isValid({ validUntil }: Pick<Workspace, 'validUntil'>, now: number): boolean {
  return validUntil === undefined || now < Date.parse(validUntil);
}

/**
 * Finds the record whose key was not replaced. An index that is behind may not show it yet: then the
 * newest one that it shows.
 */
export function currentOf(records: Workspace[]): Workspace | undefined {
  const newestFirst = records.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  return newestFirst.find(({ validUntil }) => validUntil === undefined) ?? newestFirst[0];
}
