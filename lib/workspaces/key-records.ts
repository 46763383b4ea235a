import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { deleteIf, updateIf } from '../runtime/dynamodb/conditional-write.ts';
import { and, change, equals, exists } from '../runtime/dynamodb/expressions.ts';
import { parseItem } from '../runtime/dynamodb/items.ts';
import { isoInstant } from '../runtime/iso-instant.ts';
import { OwnError } from '../runtime/own-error.ts';
import { ownershipSchema } from './key-claims.ts';
import { currentKeyOf, expiryOf, type KeyEntry, type MasterRecord } from './master-record.ts';

const recordSchema = v.object({
  ...ownershipSchema.entries,
  natApiKey: v.optional(v.string()),
  natKeyRejectedAt: v.optional(isoInstant),
});

type KeyRecord = v.InferOutput<typeof recordSchema>;

/**
 * The records of API keys: copies of the master record, so that one read finds the workspace of a
 * key. A copy is never replaced by an older one.
 */
export function createKeyRecords(db: DynamoDBClient, table: string) {
  return {
    read,

    /**
     * Writes the copies of a master record, that of the current key first.
     *
     * @throws {OwnError} if another workspace has the current key
     */
    async writeAll(master: MasterRecord): Promise<void> {
      const current = currentKeyOf(master);
      const others = master.keys.filter((key) => key !== current);
      if (current !== undefined && !(await write(master, current))) {
        throw new OwnError('another workspace has taken the API key: rotate to another one');
      }
      for (const key of others) await write(master, key);
    },

    /** Deletes all copies of a master record. */
    async deleteAll({ id, keys }: MasterRecord): Promise<void> {
      for (const { hash } of keys) {
        await deleteIf(db, { table, key: { key: { S: hash } }, condition: equals('owner', id) });
      }
    },
  };

  async function read(hash: string): Promise<KeyRecord | undefined> {
    const get = { TableName: table, Key: { key: { S: hash } }, ConsistentRead: true };
    const { Item } = await db.send(new GetItemCommand(get));
    return Item && parseItem(recordSchema, Item);
  }

  /** @returns false if the key has no record, or belongs to another workspace */
  async function write(master: MasterRecord, key: KeyEntry): Promise<boolean> {
    for (;;) {
      const before = await read(key.hash);
      if (before?.owner !== master.id) return false;
      if (before.version !== undefined && before.version >= master.version) return true;
      const written = await updateIf(db, {
        table,
        key: { key: { S: key.hash } },
        condition: and(
          exists('key'),
          equals('owner', before.owner),
          equals('version', before.version),
        ),
        update: change(copyOf(master, key, before)),
      });
      if (written !== undefined) return true;
    }
  }
}

/** A new key for Nat, or the end of the key, also removes the mark that Nat rejected the key. */
function copyOf(master: MasterRecord, key: KeyEntry, before: KeyRecord) {
  const { keys: _, removedAt: __, createdAt: ___, ...settings } = master;
  const { since, validUntil } = key;
  const isMarkOver = before.natApiKey !== master.natApiKey || validUntil !== undefined;
  return {
    ...settings,
    sharedSecret: settings.sharedSecret ?? null,
    customFormat: settings.customFormat ?? null,
    createdAt: since,
    validUntil: validUntil ?? null,
    expiresAt: validUntil === undefined ? null : expiryOf(validUntil),
    natKeyRejectedAt: isMarkOver ? null : undefined,
  };
}
