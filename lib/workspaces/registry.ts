import { isDeepStrictEqual } from 'node:util';
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { conditionHeld, deleteIf } from '../runtime/dynamodb/conditional-write.ts';
import {
  and,
  beginsWith,
  type Expression,
  equals,
  exists,
  expressions,
  isAbsent,
  or,
} from '../runtime/dynamodb/expressions.ts';
import { readAll, scanPages } from '../runtime/dynamodb/pages.ts';
import { isoInstant } from '../runtime/iso-instant.ts';
import { OwnError } from '../runtime/own-error.ts';
import { createKeyClaims } from './key-claims.ts';
import { createKeyRecords } from './key-records.ts';
import {
  currentKeyOf,
  isKept,
  MASTER_PREFIX,
  type MasterRecord,
  masterItemOf,
  masterItemSchema,
  masterKeyOf,
  parseMaster,
  toMaster,
} from './master-record.ts';

/** How often a change is made again because somebody else changed the workspace meanwhile. */
const MAX_TRIES = 20;

/** A workspace, and since when Nat rejects its key. */
export type ListedWorkspace = MasterRecord & { natKeyRejectedAt?: string | undefined };

export type Registry = ReturnType<typeof createRegistry>;

/**
 * The table of workspaces, as the operator changes it. The id of a workspace is unique because its
 * master record is. One conditional write changes the master record; then its copies are written,
 * one for each API key. If that is interrupted, the same change again completes it. All reads are
 * strongly consistent. Every method throws if DynamoDB fails.
 *
 * @param db the client
 * @param table the table's name
 */
export function createRegistry(db: DynamoDBClient, table: string) {
  const claims = createKeyClaims(db, table);
  const records = createKeyRecords(db, table);

  return {
    find,
    claimKey: claims.claim,
    unclaimKey: claims.unclaim,

    /** Lists all workspaces, sorted by id. */
    async list(): Promise<ListedWorkspace[]> {
      const scan = {
        TableName: table,
        ConsistentRead: true,
        ...expressions({
          FilterExpression: or(beginsWith('key', MASTER_PREFIX), exists('natKeyRejectedAt')),
        }),
      };
      const found = await readAll(scanPages(db, scan, v.union([masterItemSchema, markSchema])));
      const marks = new Map(
        found.flatMap((one) => ('keys' in one ? [] : [[one.key, one.natKeyRejectedAt] as const])),
      );
      return found
        .flatMap((one) => ('keys' in one ? [toMaster(one)] : []))
        .map((one) => ({ ...one, natKeyRejectedAt: marks.get(currentKeyOf(one)?.hash ?? '') }))
        .sort((a, b) => a.id.localeCompare(b.id));
    },

    /** Since when Nat rejects the key of a workspace, ISO 8601. */
    async natKeyRejectedAt(master: MasterRecord): Promise<string | undefined> {
      const current = currentKeyOf(master);
      return current && (await records.read(current.hash))?.natKeyRejectedAt;
    },

    /**
     * Adds a workspace. Its key must be claimed.
     *
     * @returns false if there is a workspace with this id
     */
    async add(master: MasterRecord): Promise<boolean> {
      const isNew = or(isAbsent('key'), isSameRecord(master));
      if (!(await put(master, isNew))) return false;
      await records.writeAll(master);
      return true;
    },

    /**
     * Changes a workspace.
     *
     * @param edit gives the record as it should be. It is called again if somebody else changed the
     * workspace meanwhile; what it throws ends the change
     * @returns the record as it is now; undefined if there is no such workspace
     */
    async change(
      id: string,
      edit: (current: MasterRecord) => MasterRecord,
    ): Promise<MasterRecord | undefined> {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const current = await find(id);
        if (current === undefined) return undefined;
        const next = successorOf(current, edit(current));
        if (next === current || (await put(next, equals('version', current.version)))) {
          await records.writeAll(next);
          return next;
        }
      }
      throw new OwnError('others keep changing the workspace: run the command again');
    },

    /**
     * Deletes a workspace, its master record last.
     *
     * @returns false if somebody else has changed or deleted it since it was read
     */
    async delete(master: MasterRecord): Promise<boolean> {
      await records.deleteAll(master);
      const condition = equals('version', master.version);
      return deleteIf(db, { table, key: masterKeyOf(master.id), condition });
    },
  };

  async function find(id: string): Promise<MasterRecord | undefined> {
    const get = { TableName: table, Key: masterKeyOf(id), ConsistentRead: true };
    const { Item } = await db.send(new GetItemCommand(get));
    return Item && parseMaster(Item);
  }

  function put(master: MasterRecord, condition: Expression): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: table,
      Item: masterItemOf(master),
      ...expressions({ ConditionExpression: condition }),
    });
    return conditionHeld(db.send(command));
  }
}

const markSchema = v.object({ key: v.string(), natKeyRejectedAt: isoInstant });

/** @returns `current` itself if nothing is changed */
function successorOf(current: MasterRecord, edited: MasterRecord): MasterRecord {
  if (isDeepStrictEqual(edited, current)) return current;
  const keys = edited.keys.filter((key) => isKept(key, Date.now()));
  return { ...edited, keys, version: current.version + 1 };
}

/**
 * The record is the very one that is written: the client sends a write again when its response was
 * lost. No other record has the same sealed key.
 */
function isSameRecord({ natApiKey, version }: MasterRecord) {
  return and(equals('natApiKey', natApiKey), equals('version', version));
}
