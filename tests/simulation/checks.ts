import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { entrySchema, type LedgerEntry, nameOf } from '../../lib/ledger.ts';
import type { Effect } from './database.ts';
import type { Asked, ReceivedCall } from './nat.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

const HOUR_MS = 60 * 60 * 1000;
const LEASE_MS = 2 * 60 * 1000;
/** Virtual clocks of two hosts agree; a millisecond is lost where ISO 8601 cuts it. */
const ROUNDING_MS = 1;

const putSchema = z.object({ TableName: z.string(), Item: z.record(z.string(), z.any()) });
const updateSchema = z.object({
  TableName: z.string(),
  Key: z.object({ contact: z.object({ S: z.string() }), day: z.object({ S: z.string() }) }),
  ExpressionAttributeValues: z.record(z.string(), z.any()),
});

/** What is known of an interaction besides what the ledger holds. */
interface Known {
  entry: LedgerEntry;
  idempotencyKey?: string;
  /** When, among all that happened, it was settled as delivered. */
  deliveredAt?: number;
  /** The try of redeliver that has not been settled yet. */
  leased?: { at: number; invocation: object };
  /** What Nat asked for, and from when on it counts: once it is in the ledger. */
  asked?: number;
  notBefore?: number;
}

/**
 * Watches everything that takes effect.
 *
 * @param violate told of each promise that is broken
 */
export function createWatcher(
  scheduler: Scheduler,
  table: string,
  violate: (what: string) => void,
) {
  const known = new Map<string, Known>();
  const byIdempotencyKey = new Map<string, Known>();
  const writes: { invocation: object; name: string }[] = [];

  return {
    known,
    writes,

    /**
     * A write of the ledger took effect.
     *
     * @returns the interaction, if that left it pending: the stream's filter lets it through
     */
    onEffect({ invocation, operation, input }: Effect): LedgerEntry | undefined {
      if (input.TableName !== table) return undefined;
      if (operation === 'UpdateItem') onUpdate(invocation, updateSchema.parse(input));
      if (operation !== 'PutItem') return undefined;
      const entry = entrySchema.parse(unmarshall(putSchema.parse(input).Item));
      onPut(invocation, entry);
      return entry;
    },

    /** A call reached Nat. */
    onCall({ invocation, call, at }: ReceivedCall): void {
      const one = interactionOf(call.event.email, call.event.timestamp, call.idempotencyKey);
      if (one === undefined) {
        violate('something was sent that was never accepted');
        return;
      }
      if (one.idempotencyKey !== undefined && one.idempotencyKey !== call.idempotencyKey) {
        violate('a repeat carried another Idempotency-Key');
      }
      one.idempotencyKey = call.idempotencyKey;
      delete one.asked;
      byIdempotencyKey.set(call.idempotencyKey, one);
      if (one.deliveredAt !== undefined && one.deliveredAt < invocation.begunAt) {
        violate('sent again although it was delivered before the try began');
      }
      if (one.notBefore !== undefined && at < one.notBefore - ROUNDING_MS) {
        violate('sent before the time that Nat asked for');
      }
      if (invocation.name !== 'redeliver') return;
      const { leased } = one;
      if (leased !== undefined && leased.invocation !== invocation && at < leased.at + LEASE_MS) {
        violate('sent by two runs of redeliver in the same lease');
      }
      one.leased = { at, invocation };
    },

    /** Nat asked for a pause. */
    onAsked({ idempotencyKey, notBefore }: Asked): void {
      const one = byIdempotencyKey.get(idempotencyKey);
      if (one !== undefined) one.asked = notBefore;
    },
  };

  function onPut(invocation: Invocation, entry: LedgerEntry): void {
    const name = nameOf(entry);
    const before = known.get(name);
    if (before !== undefined && before.entry.status !== 'dead') {
      violate(`a second interaction of a day was written over a ${before.entry.status} one`);
    }
    const { idempotencyKey } = before ?? {};
    known.set(name, { entry, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    writes.push({ invocation, name });
  }

  function onUpdate(
    invocation: Invocation,
    { Key, ExpressionAttributeValues }: z.infer<typeof updateSchema>,
  ): void {
    const one = known.get(nameOf({ contact: Key.contact.S, day: Key.day.S }));
    if (one === undefined) {
      violate('an interaction was settled that was never accepted');
      return;
    }
    if (one.entry.status === 'delivered') violate('written again after it was delivered');
    const values = z.record(z.string(), z.unknown()).parse(unmarshall(ExpressionAttributeValues));
    const status = z.optional(entrySchema.shape.status).parse(values[':status']);
    // A lease, a release and a redrive set no status of their own choice.
    if (status === undefined) {
      if (values[':none'] !== undefined) {
        one.entry = { ...one.entry, status: 'retrying', redrivenAt: String(values[':now']) };
        delete one.leased;
      }
      if (invocation.name === 'operate') delete one.notBefore;
      return;
    }
    if (status === 'dead') checkDeath(one.entry, String(values[':error']));
    delete one.notBefore;
    if (status === 'retrying' && one.asked !== undefined) one.notBefore = one.asked;
    if (status === 'delivered') one.deliveredAt = scheduler.tick();
    one.entry = { ...one.entry, status };
    delete one.leased;
  }

  function interactionOf(email: string, timestamp: string, idempotencyKey: string) {
    return (
      byIdempotencyKey.get(idempotencyKey) ??
      [...known.values()].find(
        ({ entry }) => entry.event?.email === email && entry.event.timestamp === timestamp,
      )
    );
  }

  /** Only what never will succeed may die before its 72 hours are over. */
  function checkDeath({ acceptedAt, redrivenAt }: LedgerEntry, error: string): void {
    const never = /^status (?:400|404|422|501)$/.test(error);
    const triedMs = Date.now() - Date.parse(redrivenAt ?? acceptedAt);
    if (!never && triedMs < 72 * HOUR_MS) {
      violate(`died of ${error} after ${Math.round(triedMs / HOUR_MS)} hours`);
    }
  }
}
