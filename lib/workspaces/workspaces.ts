import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { conditionHeld, updateIf } from '../runtime/dynamodb/conditional-write.ts';
import {
  and,
  change,
  equals,
  exists,
  expressions,
  isAbsent,
  or,
  setOnce,
} from '../runtime/dynamodb/expressions.ts';
import { type Item, parseItem } from '../runtime/dynamodb/items.ts';
import { queryPages, readAll, scanPages } from '../runtime/dynamodb/pages.ts';
import { hashOfApiKey } from './api-key.ts';
import {
  currentOf,
  isValid,
  newestFirst,
  type Workspace,
  type WorkspaceChanges,
  workspaceSchema,
} from './workspace.ts';
import { createWorkspaceCache } from './workspace-cache.ts';

export type { Workspace } from './workspace.ts';
export type Workspaces = ReturnType<typeof createWorkspaces>;

/**
 * The table of workspaces, with one record for each API key. Every method throws if DynamoDB fails.
 *
 * @param db the client
 * @param table the table's name; the key of its index `byId` is the workspace's id
 */
export function createWorkspaces(db: DynamoDBClient, table: string) {
  const byApiKey = createWorkspaceCache();
  const byId = createWorkspaceCache();

  return {
    /**
     * Finds the workspace of an API key, at most a minute old.
     *
     * @param now ms since the epoch
     * @returns undefined if the key is unknown, or its grace time is over
     */
    async findByApiKey(apiKey: string, now: number): Promise<Workspace | undefined> {
      const key = hashOfApiKey(apiKey);
      const workspace = await byApiKey.readThrough(key, () => read(key));
      return workspace !== undefined && isValid(workspace, now) ? workspace : undefined;
    },

    /**
     * Finds the record with the current key of a workspace, at most a minute old. The index may be
     * behind and show an older record, or none. That there is none is not remembered.
     */
    findById(id: string): Promise<Workspace | undefined> {
      return byId.readThrough(id, async () => {
        const current = currentOf(await queryById(id));
        if (current === undefined) byId.forget(id);
        return current;
      });
    },

    /** Reads all records of a workspace, strongly consistent: the current one comes first. */
    async recordsOf(id: string): Promise<Workspace[]> {
      return newestFirst((await list()).filter((record) => record.id === id));
    },

    /**
     * Adds a record.
     *
     * @returns false if the API key is in use already
     */
    add(workspace: Workspace): Promise<boolean> {
      const put = new PutItemCommand({
        TableName: table,
        Item: marshall(workspace, { removeUndefinedValues: true }),
        ...expressions({ ConditionExpression: or(isAbsent('key'), isSameRecord(workspace)) }),
      });
      return conditionHeld(db.send(put));
    },

    /**
     * Changes a record. A new key for Nat, or the end of the record, also removes the mark that Nat
     * rejected the key.
     *
     * @returns the record as it is now
     * @throws {Error} if the record was deleted
     */
    async update({ key }: Workspace, changes: WorkspaceChanges): Promise<Workspace> {
      const replacesKey = changes.natApiKey !== undefined || changes.validUntil !== undefined;
      const updated = await updateIf(db, {
        table,
        key: toKeyItem(key),
        condition: exists('key'),
        update: change({ ...changes, natKeyRejectedAt: replacesKey ? null : undefined }),
      });
      if (updated === undefined) throw new Error('the workspace was deleted');
      return parseItem(workspaceSchema, updated);
    },

    /**
     * Marks that Nat rejects the workspace's key. If the key was replaced in the meantime, this
     * container only forgets the old one.
     *
     * @param now ms since the epoch
     * @returns false if the key was replaced
     */
    async markNatKeyRejected(workspace: Workspace, now: number): Promise<boolean> {
      const mark = new UpdateItemCommand({
        TableName: table,
        Key: toKeyItem(workspace.key),
        ...expressions({
          ConditionExpression: hasSameNatKey(workspace),
          UpdateExpression: setOnce('natKeyRejectedAt', new Date(now).toISOString()),
        }),
      });
      const isMarked = await conditionHeld(db.send(mark));
      // Also after the first rejection, so that whoever is at hand next has the mark.
      if (!isMarked || workspace.natKeyRejectedAt === undefined) byId.forget(workspace.id);
      return isMarked;
    },

    /**
     * Removes the mark that Nat rejects the workspace's key, because Nat accepted it. It costs nothing
     * if the workspace, as it was read, has no mark.
     */
    async unmarkNatKeyRejected(workspace: Workspace): Promise<void> {
      if (workspace.natKeyRejectedAt === undefined) return;
      await updateIf(db, {
        table,
        key: toKeyItem(workspace.key),
        condition: hasSameNatKey(workspace),
        update: change({ natKeyRejectedAt: null }),
      });
      byId.forget(workspace.id);
    },

    list,
  };

  /** Reads all records, strongly consistent. */
  function list(): Promise<Workspace[]> {
    const scan = { TableName: table, ConsistentRead: true };
    return readAll(scanPages(db, scan, workspaceSchema));
  }

  async function read(key: string): Promise<Workspace | undefined> {
    const { Item } = await db.send(new GetItemCommand({ TableName: table, Key: toKeyItem(key) }));
    return Item === undefined ? undefined : parseItem(workspaceSchema, Item);
  }

  function queryById(id: string): Promise<Workspace[]> {
    const query = {
      TableName: table,
      IndexName: 'byId',
      ...expressions({ KeyConditionExpression: equals('id', id) }),
    };
    return readAll(queryPages(db, query, workspaceSchema));
  }
}

function toKeyItem(key: string): Item {
  return { key: { S: key } };
}

/**
 * The record is the very one that is written: the client sends a write again when its response was
 * lost. No other record has the same sealed key.
 */
function isSameRecord({ natApiKey }: Workspace) {
  return equals('natApiKey', natApiKey);
}

/** The workspace has the same key for Nat as when it was read. */
function hasSameNatKey({ natApiKey }: Workspace) {
  return and(equals('natApiKey', natApiKey), isAbsent('validUntil'));
}
