import { marshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { DAY_MS, SECOND_MS } from '../runtime/durations.ts';
import { type Item, parseItem } from '../runtime/dynamodb/items.ts';
import { isoInstant } from '../runtime/iso-instant.ts';
import { settingsSchema } from './workspace.ts';

/** Begins the table's key of a master record. A SHA-256 in hex never begins so. */
export const MASTER_PREFIX = 'id#';
/** The record of an API key is deleted so long after the key has ended. */
const ENDED_KEY_KEPT_MS = 90 * DAY_MS;
/** DynamoDB's TTL deletes days late. Until then the master record lists the key. */
const TTL_DELAY_MS = 30 * DAY_MS;

const keyEntrySchema = v.object({
  hash: v.string(),
  ending: v.string(),
  since: isoInstant,
  validUntil: v.optional(isoInstant),
});

/**
 * An API key in the master record. `hash` is its SHA-256, `ending` its last four characters. `since`
 * is when it became the key of the workspace. Only the current key has no `validUntil`.
 */
export type KeyEntry = v.InferOutput<typeof keyEntrySchema>;

export const masterItemSchema = v.object({
  ...settingsSchema.entries,
  key: v.string(),
  version: v.number(),
  createdAt: isoInstant,
  keys: v.array(keyEntrySchema),
  removedAt: v.optional(isoInstant),
});

/**
 * What counts for a workspace. The records of its API keys are copies of it, with the same
 * `version` when they are complete. `removedAt` is set when its removal has begun.
 */
export type MasterRecord = Omit<v.InferOutput<typeof masterItemSchema>, 'key'> & { id: string };

/** The master record's key in the table. It has no attribute `id`, so the index `byId` omits it. */
export function masterKeyOf(id: string): Item {
  return { key: { S: MASTER_PREFIX + id } };
}

export function masterItemOf({ id, ...attributes }: MasterRecord): Item {
  return { ...marshall(attributes, { removeUndefinedValues: true }), ...masterKeyOf(id) };
}

export function parseMaster(item: Item): MasterRecord {
  return toMaster(parseItem(masterItemSchema, item));
}

export function toMaster({
  key,
  ...attributes
}: v.InferOutput<typeof masterItemSchema>): MasterRecord {
  return { ...attributes, id: key.slice(MASTER_PREFIX.length) };
}

/** The key that no other key has replaced; undefined if the workspace is being removed. */
export function currentKeyOf({ keys }: Pick<MasterRecord, 'keys'>): KeyEntry | undefined {
  return keys.find(({ validUntil }) => validUntil === undefined);
}

/**
 * Makes a key the current one. Every other key ends at a time, or earlier if it already did.
 *
 * @param key a new key, or one that the workspace has or had
 * @param othersUntil ms since the epoch
 */
export function withCurrentKey(
  keys: KeyEntry[],
  { hash, ending, since }: Omit<KeyEntry, 'validUntil'>,
  othersUntil: number,
): KeyEntry[] {
  const isCurrent = currentKeyOf({ keys })?.hash === hash;
  const others = keys.filter((other) => isCurrent || other.hash !== hash);
  const added = isCurrent ? [] : [{ hash, ending, since }];
  return [...endKeys(others, (other) => other.hash !== hash, othersUntil), ...added];
}

/**
 * Ends some of the keys, unless they ended earlier.
 *
 * @param at ms since the epoch
 */
export function endKeys(
  keys: KeyEntry[],
  isChosen: (key: KeyEntry) => boolean,
  at: number,
): KeyEntry[] {
  const end = new Date(at).toISOString();
  return keys.map((key) =>
    isChosen(key) && (key.validUntil === undefined || key.validUntil > end)
      ? { ...key, validUntil: end }
      : key,
  );
}

/** When the record of an ended key may be deleted, in epoch seconds. */
export function expiryOf(validUntil: string): number {
  return Math.ceil((Date.parse(validUntil) + ENDED_KEY_KEPT_MS) / SECOND_MS);
}

/** false once the record of the key was deleted for sure. `now` is in ms since the epoch. */
export function isKept({ validUntil }: KeyEntry, now: number): boolean {
  return validUntil === undefined || now < expiryOf(validUntil) * SECOND_MS + TTL_DELAY_MS;
}
