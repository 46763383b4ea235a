import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { withTimeout } from './with-timeout.ts';

/**
 * What a call may take, its tries and the reading of its answer included: a hung table must become
 * a 503 long before API Gateway gives up after 30 seconds, and leave the time to settle a delivery.
 */
export const TABLE_CALL_MS = 4000;
const CONNECTION_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 3000;
/** Enough for a batch of 4,000 events to be written side by side. */
const MAX_SOCKETS = 100;

/** An item as DynamoDB puts it on the wire. */
export type Item = Record<string, AttributeValue>;

/** The client that every table shares: region, endpoint and credentials come from the environment. */
export function createDynamoDB(): DynamoDBClient {
  const db = new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      // The time-out above ends with the headers: this one is for an answer that stops half-way.
      socketTimeout: REQUEST_TIMEOUT_MS,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
  db.middlewareStack.add((next) => (args) => withTimeout(TABLE_CALL_MS, next(args)), {
    step: 'initialize',
    name: 'callTimeout',
  });
  return db;
}

/**
 * Turns a failed condition into a domain result; everything else is thrown on.
 *
 * @param write a conditional write under way
 * @returns whether the condition held and the write took effect
 */
export async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
