import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { entrySchema, interactionId, type LedgerEntry } from '../../lib/ledger/entry.ts';
import type { Effect } from './database.ts';
import type { Asked, ReceivedCall } from './nat.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

const HOUR_MS = 60 * 60 * 1000;
/** What waits for a new key of its workspace, however long that takes. */
const KEY_ERRORS = ['status 401', 'status 403', 'key unreadable'];
/** Virtual clocks of two hosts agree; a millisecond is lost where ISO 8601 cuts it. */
const ROUNDING_MS = 1;

const putSchema = z.object({ TableName: z.string(), Item: z.record(z.string(), z.any()) });
const updateSchema = z.object({
  TableName: z.string(),
  Key: z.object({ contact: z.object({ S: z.string() }), day: z.object({ S: z.string() }) }),
  ExpressionAttributeValues: z.record(z.string(), z.any()),
});

/** An interaction that was accepted. */
interface Write {
  invocation: object;
  name: string;
  /** Its answer was lost on the client, which wrote again and was told that there is one. */
  repeated: boolean;
}

/** What is known of an interaction besides what the ledger holds. */
interface Known {
  entry: LedgerEntry;
  idempotencyKey?: string;
  /** When, among all that happened, it was settled as delivered. */
  deliveredAt?: number;
  /** The try of redeliver that has not been settled yet. */
  lease?: { by: object; until: number };
  /** What Nat asked for in the call of an invocation; it counts once that has settled it. */
  asked: Map<object, number>;
  notBefore?: { at: number; since: number };
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
  const writes: Write[] = [];

  return {
    known,
    writes,

    /**
     * A write of the ledger took effect.
     *
     * @returns the interaction, if that left it pending: the stream's filter lets it through
     */
    onEffect({ invocation, operation, input, repeated }: Effect): LedgerEntry | undefined {
      if (input.TableName !== table) return undefined;
      if (operation === 'UpdateItem') onUpdate(invocation, updateSchema.parse(input));
      if (operation !== 'PutItem') return undefined;
      const entry = entrySchema.parse(unmarshall(putSchema.parse(input).Item));
      onPut(invocation, entry, repeated);
      return entry;
    },

    /** TTL deleted an interaction. */
    onExpiry(name: string): void {
      const status = known.get(name)?.entry.status;
      if (status !== 'delivered') violate(`expired while it was ${status}`);
      known.delete(name);
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
      one.asked.delete(invocation);
      byIdempotencyKey.set(call.idempotencyKey, one);
      if (one.deliveredAt !== undefined && one.deliveredAt < invocation.begunAt) {
        violate('sent again although it was delivered before the try began');
      }
      const { notBefore } = one;
      // A try that has begun, side by side with the one that was asked to wait, cannot know.
      const knows = notBefore !== undefined && notBefore.since < invocation.begunAt;
      if (knows && at < notBefore.at - ROUNDING_MS) {
        violate('sent before the time that Nat asked for');
      }
      if (invocation.name === 'redeliver' && one.lease?.by !== invocation) {
        violate('sent by a run of redeliver that has no lease of it');
      }
    },

    /** Nat asked for a pause. */
    onAsked({ invocation, idempotencyKey, notBefore }: Asked): void {
      byIdempotencyKey.get(idempotencyKey)?.asked.set(invocation, notBefore);
    },
  };

  function onPut(invocation: Invocation, entry: LedgerEntry, repeated: boolean): void {
    const name = interactionId(entry);
    const before = known.get(name);
    if (before !== undefined && before.entry.status !== 'dead') {
      violate(`a second interaction of a day was written over a ${before.entry.status} one`);
    }
    const one: Known = { entry, asked: new Map() };
    known.set(name, one);
    if (before?.idempotencyKey !== undefined) {
      one.idempotencyKey = before.idempotencyKey;
      byIdempotencyKey.set(before.idempotencyKey, one);
    }
    writes.push({ invocation, name, repeated });
  }

  function onUpdate(
    invocation: Invocation,
    { Key, ExpressionAttributeValues }: z.infer<typeof updateSchema>,
  ): void {
    const one = known.get(interactionId({ contact: Key.contact.S, day: Key.day.S }));
    if (one === undefined) {
      violate('an interaction was settled that was never accepted');
      return;
    }
    if (one.entry.status === 'delivered') violate('written again after it was delivered');
    const values = z.record(z.string(), z.unknown()).parse(unmarshall(ExpressionAttributeValues));
    if (values[':status'] !== undefined) onSettled(one, invocation, values);
    else if (values[':until'] === undefined) onRepaired(one, values);
    else one.lease = { by: invocation, until: Date.parse(String(values[':until'])) };
  }

  function onSettled(one: Known, invocation: object, values: Record<string, unknown>): void {
    const status = entrySchema.shape.status.parse(values[':status']);
    const lastError = String(values[':lastError']);
    if (status === 'dead') checkDeath(one.entry, lastError);
    delete one.notBefore;
    const asked = one.asked.get(invocation);
    if (status === 'retrying' && asked !== undefined) {
      one.notBefore = { at: asked, since: scheduler.tick() };
    }
    if (status === 'delivered') one.deliveredAt = scheduler.tick();
    one.entry = { ...one.entry, status, lastError };
    // Waiting for a key costs none of the 72 hours.
    if (KEY_ERRORS.includes(lastError))
      one.entry.retryWindowStartsAt = new Date(Date.now()).toISOString();
    delete one.lease;
  }

  /** A redrive, or the release by a new key, which is of what a key keeps waiting and nothing else. */
  function onRepaired(one: Known, values: Record<string, unknown>): void {
    const released = values[':dead'] === undefined;
    if (one.lease !== undefined && Date.now() < one.lease.until) violate('a lease was taken away');
    if (released && !KEY_ERRORS.includes(one.entry.lastError ?? '')) {
      violate(`a new key released what waits because of ${one.entry.lastError}`);
    }
    one.entry = { ...one.entry, status: 'retrying', retryWindowStartsAt: String(values[':now']) };
    delete one.notBefore;
    delete one.lease;
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
  function checkDeath({ acceptedAt, retryWindowStartsAt }: LedgerEntry, error: string): void {
    const never = /^status (?:400|404|422|501)$/.test(error);
    const triedMs = Date.now() - Date.parse(retryWindowStartsAt ?? acceptedAt);
    if (!never && triedMs < 72 * HOUR_MS) {
      violate(`died of ${error} after ${Math.round(triedMs / HOUR_MS)} hours`);
    }
  }
}
