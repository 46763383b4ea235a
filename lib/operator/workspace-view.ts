import { currentKeyOf, type KeyEntry, type MasterRecord } from '../workspaces/master-record.ts';
import type { ListedWorkspace } from '../workspaces/registry.ts';

/** A workspace as operators see it: without secrets, and without the hashes of its keys. */
export function toView(master: ListedWorkspace) {
  const { id, name, status, timeZone, standardMessage, sharedSecret, customFormat } = master;
  const { deletions = 'off', natKeyRejectedAt, removedAt, createdAt, keys } = master;
  return {
    workspace: id,
    name,
    status,
    timeZone,
    standardMessage,
    signed: sharedSecret !== undefined,
    deletions,
    ...(customFormat !== undefined && { customFormat }),
    ...(natKeyRejectedAt !== undefined && { natKeyRejectedAt }),
    ...(removedAt !== undefined && { removedAt }),
    createdAt,
    keys: keys.map(toKeyView).reverse(),
  };
}

/** `validUntil` is null for the current key. */
function toKeyView({ ending, since, validUntil }: KeyEntry) {
  return { ending, since, validUntil: validUntil ?? null };
}

/** When the last of the earlier keys ends, ISO 8601; null if there is none. */
export function earlierKeysValidUntil(master: MasterRecord): string | null {
  const current = currentKeyOf(master);
  const ends = master.keys.flatMap((key) => (key === current ? [] : (key.validUntil ?? [])));
  return ends.sort().at(-1) ?? null;
}
