import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { createDelivery, type Delivery, MAX_ATTEMPT_MS } from '../lib/delivery/attempt.ts';
import { createNat } from '../lib/delivery/nat.ts';
import { type InteractionKey, interactionId } from '../lib/ledger/entry.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { withTimeout } from '../lib/runtime/with-timeout.ts';
import { services } from './services.ts';
import { logger, metrics, reportDelivery } from './telemetry.ts';

const stringAttribute = z.object({ S: z.string() });
const recordSchema = z.object({
  dynamodb: z.object({ Keys: z.object({ contact: stringAttribute, day: stringAttribute }) }),
});

/** What answering takes, once no record is waited for any more. */
const RESPONSE_RESERVE_MS = 2000;

/**
 * The ledger's stream: delivers what is newly pending, and reports the records it could not.
 *
 * @param delivery what brings an interaction to Nat, asked for at the first batch
 */
export function createHandler(delivery: () => Delivery) {
  return middy<DynamoDBStreamEvent, DynamoDBBatchResponse>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .handler((event, context) => {
      const deliver = deliverInTime(delivery(), () => context.getRemainingTimeInMillis());
      const processor = new BatchProcessor(EventType.DynamoDBStreams);
      const options = { context, throwOnFullBatchFailure: false };
      return processPartialResponse(event, deliver, processor, options);
    });
}

export const handler = createHandler(
  lazy(() => {
    const { config, ...tables } = services();
    return createDelivery({ ...tables, nat: createNat(config.NAT_API_URL) });
  }),
);

/**
 * Several records of one interaction in the same batch are one delivery. A record that there is no
 * time for, or that is not done when the time is up, is reported as failed: the stream brings it
 * again, and what was delivered after all is left alone then.
 */
function deliverInTime(delivery: Delivery, remainingMs: () => number) {
  const underWay = new Map<string, Promise<void>>();
  return async (record: DynamoDBRecord): Promise<void> => {
    const key = keyOf(record);
    if (remainingMs() < MAX_ATTEMPT_MS) throw new Error('out of time');
    const deliveryOfKey = underWay.get(interactionId(key)) ?? deliver(delivery, key);
    underWay.set(interactionId(key), deliveryOfKey);
    await withTimeout(remainingMs() - RESPONSE_RESERVE_MS, deliveryOfKey);
  };
}

async function deliver(delivery: Delivery, key: InteractionKey): Promise<void> {
  try {
    reportDelivery(key, await delivery.deliverPending(key));
  } catch (error) {
    logger.error('not delivered, the stream will bring it again', { ...key, error });
    throw error;
  }
}

function keyOf(record: DynamoDBRecord): InteractionKey {
  const { contact, day } = recordSchema.parse(record).dynamodb.Keys;
  return { contact: contact.S, day: day.S };
}
