import * as z from 'zod/mini';
import { customFormatSchema } from '../event/custom-format.ts';

/** Every attribute that a workspace's record may have. */
export const workspaceSchema = z.object({
  key: z.string(),
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'disabled']),
  timeZone: z.string(),
  standardMessage: z.string(),
  natApiKey: z.string(),
  sharedSecret: z.optional(z.string()),
  customFormat: z.optional(customFormatSchema),
  createdAt: z.iso.datetime(),
  validUntil: z.optional(z.iso.datetime()),
  natKeyRejectedAt: z.optional(z.iso.datetime()),
});

/**
 * One customer under one of its API keys. `key` is the SHA-256 of the API key. `natApiKey` and
 * `sharedSecret` are sealed. `validUntil` is set once the key was rotated, and ends its grace time.
 */
export type Workspace = z.infer<typeof workspaceSchema>;

type ChangeableField =
  | 'name'
  | 'status'
  | 'timeZone'
  | 'standardMessage'
  | 'natApiKey'
  | 'sharedSecret'
  | 'customFormat'
  | 'validUntil';

/** What an update sets. `null` removes a setting, `undefined` leaves it as it is. */
export type WorkspaceChanges = {
  [Field in ChangeableField]?: Workspace[Field] | null | undefined;
};

/** true until the grace time of a rotated key is over. `now` is in ms since the epoch. */
export function isValid({ validUntil }: Workspace, now: number): boolean {
  return validUntil === undefined || now < Date.parse(validUntil);
}

/** Sorts the records of one workspace: the current one first, then those in their grace time. */
export function newestFirst(records: Workspace[]): Workspace[] {
  return records.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/**
 * Finds the record whose key was not rotated. An index that is behind may not show it yet: then the
 * newest one that it shows.
 */
export function currentOf(records: Workspace[]): Workspace | undefined {
  const sorted = newestFirst(records);
  return sorted.find(({ validUntil }) => validUntil === undefined) ?? sorted[0];
}
