import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import QuickLRU from 'quick-lru';
import * as z from 'zod/mini';
import { customFormatSchema } from '../event/custom-format.ts';
import { conditionHeld, type Item } from '../runtime/dynamodb.ts';
import { hashOfApiKey } from './api-key.ts';

/** How long a change to a workspace may take to be seen, and an unknown key is not asked for again. */
const WORKSPACE_CACHE_MS = 60_000;
/** After so long no container remembers what was changed. */
export const WORKSPACE_CHANGE_SEEN_MS = 90_000;
/** Bounds what a flood of wrong keys can take of memory. */
const CACHED_KEYS = 5000;

const recordSchema = z.object({
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
 * One Nat customer under one of its API keys. `key` is the SHA-256 of it; `natApiKey` and
 * `sharedSecret` are sealed; `validUntil` is the end of the grace time of a key that was rotated.
 */
export type Workspace = z.infer<typeof recordSchema>;

/** What `update` may change; null takes a setting away. */
export type WorkspaceChange = {
  [Field in
    | 'name'
    | 'status'
    | 'timeZone'
    | 'standardMessage'
    | 'natApiKey'
    | 'sharedSecret'
    | 'customFormat'
    | 'validUntil']?: Workspace[Field] | null | undefined;
};

/** What the news that Nat rejects a key came to. */
export type KeyRejection = 'marked' | 'marked before' | 'replaced';

type Found = Promise<Workspace | undefined>;
type Cache = QuickLRU<string, Found>;

export type Workspaces = ReturnType<typeof createWorkspaces>;

/**
 * The table of workspaces, one record an API key. Every method throws on a fault of AWS.
 *
 * @param db the client
 * @param table the table's name; its index `byId` has the workspace's id as key
 */
export function createWorkspaces(db: DynamoDBClient, table: string) {
  const byKey: Cache = new QuickLRU({ maxSize: CACHED_KEYS, maxAge: WORKSPACE_CACHE_MS });
  const byId: Cache = new QuickLRU({ maxSize: CACHED_KEYS, maxAge: WORKSPACE_CACHE_MS });

  return {
    /**
     * The workspace that an API key opens, at most a minute old; undefined for an unknown key or
     * one whose grace time is over.
     *
     * @param now the present, ms since the epoch
     */
    async findByApiKey(apiKey: string, now: number): Promise<Workspace | undefined> {
      const key = hashOfApiKey(apiKey);
      const workspace = await readThrough(byKey, key, () => read(key));
      return workspace !== undefined && isValid(workspace, now) ? workspace : undefined;
    },

    /**
     * The workspace with its current key, at most a minute old. The index may be behind: it may
     * show a key that was replaced but not the new one, or nothing, which is not remembered.
     */
    findById(id: string): Found {
      return readThrough(byId, id, async () => {
        const current = currentOf(await queryById(id));
        if (current === undefined) byId.delete(id);
        return current;
      });
    },

    /** All records of a workspace, the current first, then keys in their grace time: as they are now. */
    async recordsOf(id: string): Promise<Workspace[]> {
      return newestFirst((await list()).filter((record) => record.id === id));
    },

    /**
     * Adds a record, once also if the client repeats the write because its answer was lost: no
     * other has the same sealing.
     *
     * @returns false if the API key is already somebody's
     */
    add(workspace: Workspace): Promise<boolean> {
      return conditionHeld(
        db.send(
          new PutItemCommand({
            TableName: table,
            Item: marshall(workspace, { removeUndefinedValues: true }),
            ConditionExpression: 'attribute_not_exists(#key) OR natApiKey = :natApiKey',
            ExpressionAttributeNames: { '#key': 'key' },
            ExpressionAttributeValues: marshall({ ':natApiKey': workspace.natApiKey }),
          }),
        ),
      );
    },

    /**
     * Changes one record. A change of the key for Nat, or the end of
     * the record, also takes back that Nat rejected it.
     *
     * @returns the record as it is now
     */
    async update({ key }: Workspace, change: WorkspaceChange): Promise<Workspace> {
      const fields = Object.entries(change).filter(([, value]) => value !== undefined);
      const kept = fields.filter(([, value]) => value !== null);
      const removed = fields.filter(([, value]) => value === null).map(([name]) => `#${name}`);
      if (change.natApiKey !== undefined || change.validUntil !== undefined) {
        removed.push('natKeyRejectedAt');
      }
      const set = kept.map(([name]) => `#${name} = :${name}`);
      const values = Object.fromEntries(kept.map(([name, value]) => [`:${name}`, value]));
      const { Attributes = {} } = await db.send(
        new UpdateItemCommand({
          TableName: table,
          Key: marshall({ key }),
          UpdateExpression: `${clause('SET', set)} ${clause('REMOVE', removed)}`,
          ConditionExpression: 'attribute_exists(#key)',
          ExpressionAttributeNames: {
            '#key': 'key',
            ...Object.fromEntries(fields.map(([name]) => [`#${name}`, name])),
          },
          ...(kept.length > 0 && { ExpressionAttributeValues: marshall(values) }),
          ReturnValues: 'ALL_NEW',
        }),
      );
      return recordSchema.parse(unmarshall(Attributes));
    },

    /**
     * Marks that Nat rejects the workspace's key, unless the key was replaced meanwhile: then this
     * container forgets it.
     *
     * @param now the present, ms since the epoch
     * @returns `marked` only by the first call
     */
    async markNatKeyRejected(workspace: Workspace, now: number): Promise<KeyRejection> {
      const { key, id, natApiKey } = workspace;
      let rejection: KeyRejection = 'replaced';
      const mark = async () => {
        const { Attributes } = await db.send(
          new UpdateItemCommand({
            TableName: table,
            Key: marshall({ key }),
            UpdateExpression: 'SET natKeyRejectedAt = if_not_exists(natKeyRejectedAt, :now)',
            ConditionExpression: 'natApiKey = :natApiKey AND attribute_not_exists(validUntil)',
            ExpressionAttributeValues: marshall({
              ':now': new Date(now).toISOString(),
              ':natApiKey': natApiKey,
            }),
            ReturnValues: 'UPDATED_OLD',
          }),
        );
        rejection = Attributes?.natKeyRejectedAt === undefined ? 'marked' : 'marked before';
      };
      if (!(await conditionHeld(mark()))) byId.delete(id);
      return rejection;
    },

    list,
  };

  /** Every record there is, as it is now: the operator's list. */
  async function list(): Promise<Workspace[]> {
    const workspaces: Workspace[] = [];
    let from: Item | undefined;
    do {
      const page = await db.send(
        new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: from }),
      );
      workspaces.push(...(page.Items ?? []).map((item) => recordSchema.parse(unmarshall(item))));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return workspaces;
  }

  async function read(key: string): Found {
    const { Item } = await db.send(
      new GetItemCommand({ TableName: table, Key: marshall({ key }) }),
    );
    return Item === undefined ? undefined : recordSchema.parse(unmarshall(Item));
  }

  async function queryById(id: string): Promise<Workspace[]> {
    const { Items } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byId',
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': { S: id } },
      }),
    );
    return (Items ?? []).map((item) => recordSchema.parse(unmarshall(item)));
  }
}

/** A clause of an update; nothing if it lists nothing. */
function clause(clause: string, parts: string[]): string {
  return parts.length === 0 ? '' : `${clause} ${parts.join(', ')}`;
}

function isValid({ validUntil }: Workspace, now: number): boolean {
  return validUntil === undefined || now < Date.parse(validUntil);
}

function newestFirst(records: Workspace[]): Workspace[] {
  return records.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** The record whose key was not replaced; if the index shows none, the one that comes closest. */
function currentOf(records: Workspace[]): Workspace | undefined {
  const sorted = newestFirst(records);
  return sorted.find(({ validUntil }) => validUntil === undefined) ?? sorted[0];
}

/** Remembers the answer under way, so that a rush asks once, and that there is nothing, too. */
function readThrough(cache: Cache, key: string, load: () => Found): Found {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const found = load();
  cache.set(key, found);
  found.catch(() => cache.delete(key));
  return found;
}
