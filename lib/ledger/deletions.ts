import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import * as v from 'valibot';
import { MINUTE_MS } from '../runtime/durations.ts';
import { deleteIf, updateIf } from '../runtime/dynamodb/conditional-write.ts';
import { change, equals, isAbsent, isAtMost, or } from '../runtime/dynamodb/expressions.ts';
import { parseItem } from '../runtime/dynamodb/items.ts';
import { isoInstant } from '../runtime/iso-instant.ts';
import { queuePages } from './due-index.ts';
import { type DueEntry, type InteractionKey, toKeyItem } from './entry.ts';
import { contactPages, forgetContact } from './forget.ts';
import { DELETION_QUEUE } from './queues.ts';
import { contactOf, type Users } from './users.ts';

/** The sort key of an order, next to the addresses of its user. */
const ORDER = 'deletion';
/**
 * How long after an order it is completed. By then every request that had begun before has ended,
 * with all its writes: Lambda stops `identify` after 28 seconds.
 */
export const DELETION_SETTLES_AFTER_MS = MINUTE_MS;
/** How long a run has an order for itself. Longer than a run of `redeliver`. */
export const DELETION_LEASE_MS = 2 * MINUTE_MS;
const ADDRESSES_PER_PAGE = 25;
const ORDERS_PER_PAGE = 100;
/** How many orders a run works on at the same time, so that a long one holds up no other. */
const CONCURRENT_ORDERS = 10;

const orderSchema = v.object({
  contact: v.string(),
  day: v.literal(ORDER),
  /** Everything that was accepted until then is to be deleted. */
  deletedAt: isoInstant,
  /** The `day` of the address that was completed last. */
  position: v.optional(v.string()),
});

type Order = v.InferOutput<typeof orderSchema>;

/** What the service holds of a user. */
export interface Holdings {
  addresses: number;
  interactions: number;
}

export type Deletions = ReturnType<typeof createDeletions>;

/**
 * Deletes everything that was accepted of a user's addresses until a time. The order to do so is an
 * item of the table, next to what is remembered of the user. `identify` writes it, and deletes at once
 * what it has the time for. `redeliver` completes it when no request that had begun before can write
 * any more. Every method throws if DynamoDB fails.
 *
 * @param db the client
 * @param table the name of the table of interactions
 * @param users what is remembered of users
 */
export function createDeletions(db: DynamoDBClient, table: string, users: Users) {
  return {
    /**
     * Orders a deletion. The order of a later one stays.
     *
     * @param user its `userPartition`
     * @param at ms since the epoch
     */
    async order(user: string, at: number): Promise<void> {
      const deletedAt = new Date(at).toISOString();
      const dueAt = new Date(at + DELETION_SETTLES_AFTER_MS).toISOString();
      await updateIf(db, {
        table,
        key: toKeyItem({ contact: user, day: ORDER }),
        condition: or(isAbsent('deletedAt'), isAtMost('deletedAt', deletedAt)),
        update: change({ deletedAt, dueAt, queue: DELETION_QUEUE, position: null }),
      });
    },

    /**
     * Deletes interactions of a user until the time is up. What the user had stays remembered: the
     * order needs it.
     *
     * @param at as it was ordered
     * @param hasTime asked before each page but the first
     * @returns the keys of the interactions
     */
    async deleteNow(user: string, at: number, hasTime: () => boolean): Promise<InteractionKey[]> {
      const deleted: InteractionKey[] = [];
      for await (const { entries } of users.addressesOf(user, at, ADDRESSES_PER_PAGE)) {
        for (const address of entries) {
          const scope = { acceptedUntil: at, hasTime };
          deleted.push(...(await forgetContact(db, table, contactOf(address), scope)));
          if (!hasTime()) return deleted;
        }
      }
      return deleted;
    },

    /** Counts what a deletion would delete, until the time is up: then there is more. */
    async count(user: string, at: number, hasTime: () => boolean): Promise<Holdings> {
      const counts = { addresses: 0, interactions: 0 };
      for await (const { entries } of users.addressesOf(user, at, ADDRESSES_PER_PAGE)) {
        for (const address of entries) {
          counts.addresses += 1;
          const scope = { acceptedUntil: at };
          for await (const page of contactPages(db, table, contactOf(address), scope)) {
            counts.interactions += page.entries.length;
            if (!hasTime()) return counts;
          }
        }
      }
      return counts;
    },

    /**
     * Completes the orders that are due, until the time is up. The next run continues.
     *
     * @param hasTime asked before each page
     * @param report called with the user of each order that is completed
     * @param reportFailure called for each order that failed, and if the orders cannot be read. What
     * failed is due again when its lease ends
     * @returns how many failed; it never throws
     */
    async completeDue(
      hasTime: () => boolean,
      report: (user: string) => void,
      reportFailure: (error: unknown, user?: string) => void,
    ): Promise<number> {
      let failed = 0;
      const due = { dueUntil: Date.now(), pageSize: ORDERS_PER_PAGE };
      try {
        for await (const { entries } of queuePages(db, table, DELETION_QUEUE, due)) {
          await pMap(entries, completeOne, { concurrency: CONCURRENT_ORDERS });
          if (!hasTime()) break;
        }
      } catch (error) {
        countFailure(error);
      }
      return failed;

      async function completeOne(due: DueEntry): Promise<void> {
        try {
          if (hasTime() && (await complete(due, hasTime))) report(due.contact);
        } catch (error) {
          countFailure(error, due.contact);
        }
      }

      function countFailure(error: unknown, user?: string): void {
        failed += 1;
        reportFailure(error, user);
      }
    },
  };

  /** @returns true if the order is completed */
  async function complete(due: DueEntry, hasTime: () => boolean): Promise<boolean> {
    const lease = new Date(Date.now() + DELETION_LEASE_MS).toISOString();
    const leased = await changeOrder(due, due.dueAt, { dueAt: lease });
    if (leased === undefined) return false;
    const { contact: user, deletedAt, position } = parseItem(orderSchema, leased);
    const at = Date.parse(deletedAt);
    for await (const page of users.addressesOf(user, at, ADDRESSES_PER_PAGE, position)) {
      for (const address of page.entries) {
        await forgetContact(db, table, contactOf(address), { acceptedUntil: at });
        await users.forgetAddress(address, at);
      }
      if (page.next === undefined || hasTime()) continue;
      await changeOrder(due, lease, { dueAt: due.dueAt, position: page.next.day?.S });
      return false;
    }
    return deleteIf(db, { table, key: toKeyItem(due), condition: equals('dueAt', lease) });
  }

  /** @returns the order as it is then; undefined if another run has it, or it was ordered again */
  function changeOrder(
    key: InteractionKey,
    dueAt: string,
    changes: Partial<Order> & { dueAt: string },
  ) {
    return updateIf(db, {
      table,
      key: toKeyItem(key),
      condition: equals('dueAt', dueAt),
      update: change(changes),
    });
  }
}
