import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientSettings, removeUnused } from '../aws-client.ts';
import { SECOND_MS } from '../durations.ts';
import { withTimeout } from '../with-timeout.ts';

/**
 * How long one call to a table may take, with its retries and the reading of its response. API
 * Gateway gives up after 30 seconds: a table that hangs must become a 503 long before, and a
 * delivery must still have time to be settled.
 */
export const TABLE_CALL_TIMEOUT_MS = 4 * SECOND_MS;
const CONNECT_TIMEOUT_MS = SECOND_MS;
/** How long one attempt of a call may take. */
const ATTEMPT_TIMEOUT_MS = 3 * SECOND_MS;
/** Enough to write the 4,000 events of a batch side by side. */
const MAX_SOCKETS = 100;

/** The client that all tables share. Region, endpoint and credentials come from the environment. */
export function createDynamoDB(): DynamoDBClient {
  const db = new DynamoDBClient({
    ...clientSettings('DYNAMODB', process.env),
    accountIdEndpointMode: 'disabled',
    // Nothing changes the middleware after the first call.
    cacheMiddleware: true,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      // `requestTimeout` ends with the response headers. This one covers a body that stops half-way.
      socketTimeout: ATTEMPT_TIMEOUT_MS,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
  removeUnused(db.middlewareStack);
  db.middlewareStack.add((next) => (args) => withTimeout(TABLE_CALL_TIMEOUT_MS, next(args)), {
    step: 'initialize',
    name: 'callTimeout',
  });
  return db;
}
