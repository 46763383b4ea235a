import type { DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { DAY_MS, SECOND_MS } from '../runtime/durations.ts';
import { deleteIf, updateIf } from '../runtime/dynamodb/conditional-write.ts';
import {
  and,
  beginsWith,
  change,
  equals,
  expressions,
  isAbsent,
  isAtLeast,
  isAtMost,
  or,
} from '../runtime/dynamodb/expressions.ts';
import { type Page, queryPages } from '../runtime/dynamodb/pages.ts';
import { isoInstant } from '../runtime/iso-instant.ts';
import { type InteractionKey, toKeyItem, workspaceIdOf } from './entry.ts';

/** Begins the sort key of an address of a user: behind it is the contact key. */
const ADDRESS = 'contact#';
/**
 * How much longer an address is remembered than delivered interactions are kept: what is dead, or
 * waits for a key, is kept for longer than them.
 */
const EXPIRY_MARGIN_DAYS = 90;

/** One address that a user had, as the table remembers it. `day` is `contact#<contact key>`. */
const addressSchema = v.object({
  contact: v.string(),
  day: v.string(),
  firstAt: isoInstant,
  lastAt: isoInstant,
});

export type UserAddress = v.InferOutput<typeof addressSchema>;

export type Users = ReturnType<typeof createUsers>;

/**
 * Remembers which contacts a user had, in the table of interactions: one small item for each, without
 * the `userId` and without an address. A user is named by its `userPartition`. Every method throws if
 * DynamoDB fails.
 *
 * @param db the client
 * @param table the table's name
 * @param retentionDays how long delivered interactions are kept; for ever if undefined
 */
export function createUsers(db: DynamoDBClient, table: string, retentionDays?: number) {
  return {
    /**
     * Remembers that an event names a user and a contact. This is one write, unless a later request
     * was faster.
     *
     * @param contact the ledger's `contact`
     * @param now when the event is accepted, ms since the epoch
     */
    async remember(user: string, contact: string, now: number): Promise<void> {
      const key = toKeyItem({ contact: user, day: ADDRESS + contactKeyOf(contact) });
      const at = new Date(now).toISOString();
      const isNewest = await updateIf(db, {
        table,
        key,
        condition: or(isAbsent('lastAt'), isAtMost('lastAt', at)),
        update: change({ lastAt: at, expiresAt: expiryOf(now) }, { firstAt: at }),
      });
      if (isNewest !== undefined) return;
      const condition = isAtLeast('firstAt', at);
      await updateIf(db, { table, key, condition, update: change({ firstAt: at }) });
    },

    /**
     * Reads the addresses that a user had until a time, page by page, strongly consistent.
     *
     * @param until ms since the epoch
     * @param from the `day` behind which the first page starts
     */
    addressesOf(
      user: string,
      until: number,
      pageSize: number,
      from?: string,
    ): AsyncGenerator<Page<UserAddress>> {
      const query: QueryCommandInput = {
        TableName: table,
        ...expressions({
          KeyConditionExpression: and(equals('contact', user), beginsWith('day', ADDRESS)),
          FilterExpression: isAtMost('firstAt', new Date(until).toISOString()),
        }),
        ConsistentRead: true,
        Limit: pageSize,
        ExclusiveStartKey: from === undefined ? undefined : toKeyItem({ contact: user, day: from }),
      };
      return queryPages(db, query, addressSchema);
    },

    /** Forgets an address, unless an event after a time named it again. */
    async forgetAddress({ contact, day }: InteractionKey, until: number): Promise<void> {
      const condition = isAtMost('lastAt', new Date(until).toISOString());
      await deleteIf(db, { table, key: toKeyItem({ contact, day }), condition });
    },
  };

  /** @returns epoch seconds; undefined if interactions are kept for ever, too */
  function expiryOf(now: number): number | undefined {
    if (retentionDays === undefined) return undefined;
    return Math.ceil((now + (retentionDays + EXPIRY_MARGIN_DAYS) * DAY_MS) / SECOND_MS);
  }
}

/** The ledger's `contact` of an address of a user. */
export function contactOf(address: Pick<UserAddress, 'contact' | 'day'>): string {
  return `${workspaceIdOf(address)}#${address.day.slice(ADDRESS.length)}`;
}

function contactKeyOf(contact: string): string {
  return contact.slice(contact.lastIndexOf('#') + 1);
}
