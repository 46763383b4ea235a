import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { MINUTE_MS } from '../runtime/durations.ts';
import { conditionHeld, deleteIf } from '../runtime/dynamodb/conditional-write.ts';
import { and, equals, expressions, isAbsent } from '../runtime/dynamodb/expressions.ts';
import { parseItem } from '../runtime/dynamodb/items.ts';
import { isoInstant } from '../runtime/iso-instant.ts';
import { expiryOf } from './master-record.ts';

/**
 * How long after its end a key may go to another workspace. It is longer than a command can run, so
 * that nobody loses a key that they are just adding.
 */
const KEY_FREE_AFTER_MS = 15 * MINUTE_MS;

/** Whose a key's record is. */
export const ownershipSchema = v.object({
  owner: v.string(),
  version: v.optional(v.number()),
  validUntil: v.optional(isoInstant),
});

/**
 * Claims: the record of a key before it is a copy of a master record. A claim says who owns the key,
 * and nothing else. It has ended already, so no request gets in with it, and it has no `id`, so no
 * index shows it. What is never completed is deleted by TTL.
 */
export function createKeyClaims(db: DynamoDBClient, table: string) {
  return {
    read,

    /**
     * Claims a key for a workspace. A key that the workspace already has stays as it is.
     *
     * @param now ms since the epoch
     * @returns false if another workspace has the key, or had it until a moment ago
     */
    async claim(hash: string, owner: string, now: number): Promise<boolean> {
      const before = await read(hash);
      if (before?.owner === owner) return true;
      if (before !== undefined && !isFree(before, now)) return false;
      const validUntil = new Date(now).toISOString();
      const put = new PutItemCommand({
        TableName: table,
        Item: marshall({ key: hash, owner, validUntil, expiresAt: expiryOf(validUntil) }),
        ...expressions({ ConditionExpression: before ? isStill(before) : isAbsent('key') }),
      });
      if (await conditionHeld(db.send(put))) return true;
      // The client sends a write again when its response was lost. Then the claim is our own.
      return (await read(hash))?.owner === owner;
    },

    /** Gives a claim back that was not completed. */
    async unclaim(hash: string, owner: string): Promise<void> {
      const isOurClaim = and(equals('owner', owner), isAbsent('version'));
      await deleteIf(db, { table, key: { key: { S: hash } }, condition: isOurClaim });
    },
  };

  async function read(hash: string) {
    const get = { TableName: table, Key: { key: { S: hash } }, ConsistentRead: true };
    const { Item } = await db.send(new GetItemCommand(get));
    return Item && parseItem(ownershipSchema, Item);
  }
}

type Ownership = v.InferOutput<typeof ownershipSchema>;

function isFree({ validUntil }: Ownership, now: number): boolean {
  return validUntil !== undefined && Date.parse(validUntil) + KEY_FREE_AFTER_MS <= now;
}

/** Nobody has written the record since it was read. */
function isStill({ owner, version, validUntil }: Ownership) {
  return and(equals('owner', owner), equals('version', version), equals('validUntil', validUntil));
}
