import { EventFields } from './event-fields.ts';
import { Rejection } from './rejection.ts';

/** Segment's deletion message: "forget this user". It names the user and no address. */
const DELETION = 'delete';

/** true for the type of a deletion message, in any casing. */
export function isDeletion(type: string): boolean {
  return type.toLowerCase() === DELETION;
}

/** What a deletion message, or any other call, says of the user. */
export interface UserCall {
  isDeletion: boolean;
  /** Absent if the call names no user. A deletion always names one. */
  userId: string | undefined;
}

/**
 * Reads whom a call is about, and whether it is a deletion. Nothing but `type` and `userId` counts:
 * the other fields of Segment's deletion messages have odd types.
 *
 * @param body the event as parsed from JSON
 * @throws {Rejection} 400 if the event is no object, `type` or `userId` is wrong or appears twice, or
 * a deletion has no `userId`
 */
export function readUserCall(body: unknown): UserCall {
  const event = new EventFields(body);
  const type = event.textAt('type');
  const call = {
    isDeletion: type !== undefined && isDeletion(type),
    userId: toUserId(event.valueAt('userId')),
  };
  if (call.isDeletion && call.userId === undefined) {
    throw new Rejection('user_id_missing', 'userId');
  }
  return call;
}

/** Some SDKs let a number be an id. It is the same id as its text. */
function toUserId(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new Rejection('user_id_invalid', 'userId');
  }
  const userId = String(value);
  if (!userId.isWellFormed()) throw new Rejection('text_malformed', 'userId');
  return userId;
}
