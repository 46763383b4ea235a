import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { SECOND_MS } from '../runtime/durations.ts';
import { conditionHeld, updateIf } from '../runtime/dynamodb/conditional-write.ts';
import { and, change, equals, expressions, isAbsent } from '../runtime/dynamodb/expressions.ts';
import { type Item, parseItem } from '../runtime/dynamodb/items.ts';
import { queryPages, readAll } from '../runtime/dynamodb/pages.ts';
import { hashOfApiKey } from './api-key.ts';
import { currentOf, isValid, type Workspace, workspaceSchema } from './workspace.ts';
import { createWorkspaceCache } from './workspace-cache.ts';

export type { Workspace } from './workspace.ts';
export type Workspaces = ReturnType<typeof createWorkspaces>;

/** How long a container remembers that a key is unknown or has ended: a new key works at once. */
const MISS_REMEMBERED_MS = 5 * SECOND_MS;

/**
 * The table of workspaces, as the functions read it. Every method throws if DynamoDB fails.
 *
 * @param db the client
 * @param table the table's name; the key of its index `byId` is the workspace's id
 */
export function createWorkspaces(db: DynamoDBClient, table: string) {
  const byApiKey = createWorkspaceCache(validityOf);
  const byId = createWorkspaceCache((found) => (found === undefined ? 0 : Infinity));

  return {
    /**
     * Finds the workspace of an API key, at most a minute old.
     *
     * @param now ms since the epoch
     * @returns undefined if the key is unknown, or has ended
     */
    async findByApiKey(apiKey: string, now: number): Promise<Workspace | undefined> {
      const key = hashOfApiKey(apiKey);
      const found = await byApiKey.readThrough(key, () => read(key, now));
      return found !== undefined && isValid(found, now) ? found : undefined;
    },

    /**
     * Finds the record with the current key of a workspace, at most a minute old. The index may be
     * behind and show an older record, or none. That there is none is not remembered.
     */
    findById(id: string): Promise<Workspace | undefined> {
      return byId.readThrough(id, async () => currentOf(await queryById(id)));
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
        Key: { key: { S: workspace.key } },
        ...expressions({
          ConditionExpression: hasSameNatKey(workspace),
          UpdateExpression: change({}, { natKeyRejectedAt: new Date(now).toISOString() }),
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
        key: { key: { S: workspace.key } },
        condition: hasSameNatKey(workspace),
        update: change({ natKeyRejectedAt: null }),
      });
      byId.forget(workspace.id);
    },
  };

  /** A miss is believed only after a consistent read: the key may have been added a moment ago. */
  async function read(key: string, now: number): Promise<Workspace | undefined> {
    const found = await readOnce(key, false);
    return found !== undefined && isValid(found, now) ? found : readOnce(key, true);
  }

  async function readOnce(key: string, ConsistentRead: boolean): Promise<Workspace | undefined> {
    const { Item } = await db.send(
      new GetItemCommand({ TableName: table, Key: { key: { S: key } }, ConsistentRead }),
    );
    return Item === undefined || isClaim(Item) ? undefined : parseItem(workspaceSchema, Item);
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

/** For how long a look-up may be remembered, ms: a key that has ended may be restored. */
function validityOf(found: Workspace | undefined): number {
  const now = Date.now();
  if (found === undefined || !isValid(found, now)) return MISS_REMEMBERED_MS;
  return found.validUntil === undefined ? Infinity : Date.parse(found.validUntil) - now;
}

/** A key that is being added: see key-claims.ts. */
function isClaim({ id }: Item): boolean {
  return id === undefined;
}

/** The workspace has the same key for Nat as when it was read. */
function hasSameNatKey({ natApiKey }: Workspace) {
  return and(equals('natApiKey', natApiKey), isAbsent('validUntil'));
}
