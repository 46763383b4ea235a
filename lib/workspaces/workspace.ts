import * as v from 'valibot';
import { customFormatSchema } from '../event/custom-format.ts';
import { isoInstant } from '../runtime/iso-instant.ts';

/**
 * The settings of a workspace. `natApiKey` and `sharedSecret` are sealed. `contactsNamedBy` is the
 * fingerprint of the secret that names its contacts. `deletions` says whether Segment's deletion
 * message is honoured; absent means off.
 */
export const settingsSchema = v.object({
  name: v.string(),
  status: v.picklist(['active', 'disabled']),
  timeZone: v.string(),
  standardMessage: v.string(),
  natApiKey: v.string(),
  sharedSecret: v.optional(v.string()),
  contactsNamedBy: v.string(),
  customFormat: v.optional(customFormatSchema),
  deletions: v.optional(v.picklist(['on', 'off'])),
});

/** What the record of an API key holds for the functions. */
export const workspaceSchema = v.object({
  ...settingsSchema.entries,
  key: v.string(),
  id: v.string(),
  createdAt: isoInstant,
  validUntil: v.optional(isoInstant),
  natKeyRejectedAt: v.optional(isoInstant),
});

/**
 * One customer under one of its API keys. `key` is the SHA-256 of the API key. `createdAt` is when
 * it became the key of the workspace. `validUntil` is set once another key replaced it.
 */
export type Workspace = v.InferOutput<typeof workspaceSchema>;

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
