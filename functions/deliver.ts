import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { delivery } from '../lib/delivery.ts';
import { type InteractionKey, nameOf } from '../lib/ledger.ts';
import { logger, metrics, reportDelivery } from '../lib/telemetry.ts';

const stringAttribute = z.object({ S: z.string() });
const recordSchema = z.object({
  dynamodb: z.object({ Keys: z.object({ contact: stringAttribute, day: stringAttribute }) }),
});

/** What a delivery may take: Nat's time-out and the reads and writes around it. */
const DELIVERY_MS = 15_000;

/** The ledger's stream: delivers what is newly pending, and reports the records it could not. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler((event, context) => {
    const deliver = deliverOnce(() => context.getRemainingTimeInMillis());
    return processPartialResponse(event, deliver, new BatchProcessor(EventType.DynamoDBStreams), {
      context,
      throwOnFullBatchFailure: false,
    });
  });

/**
 * Several records of one interaction in the same batch are one delivery. A record that there is no
 * time for is reported as failed: the stream brings it again.
 */
function deliverOnce(remainingMs: () => number) {
  const underWay = new Map<string, Promise<void>>();
  return async (record: DynamoDBRecord): Promise<void> => {
    const key = keyOf(record);
    if (remainingMs() < DELIVERY_MS) throw new Error('out of time');
    const delivery = underWay.get(nameOf(key)) ?? deliver(key);
    underWay.set(nameOf(key), delivery);
    await delivery;
  };
}

async function deliver(key: InteractionKey): Promise<void> {
  try {
    reportDelivery(key, await delivery().deliverPending(key));
  } catch (error) {
    logger.error('not delivered, the stream will bring it again', { ...key, error });
    throw error;
  }
}

function keyOf(record: DynamoDBRecord): InteractionKey {
  const { contact, day } = recordSchema.parse(record).dynamodb.Keys;
  return { contact: contact.S, day: day.S };
}
