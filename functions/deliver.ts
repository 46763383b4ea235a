import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import * as v from 'valibot';
import { createDelivery, type Delivery, type DeliveryResult } from '../lib/delivery/attempt.ts';
import { createFirstDelivery } from '../lib/delivery/first-delivery.ts';
import { createNat } from '../lib/delivery/nat.ts';
import { type InteractionKey, interactionId } from '../lib/ledger/entry.ts';
import { SECOND_MS } from '../lib/runtime/durations.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { parseIfValid } from '../lib/runtime/parse-if-valid.ts';
import { parseTraceparent } from '../lib/runtime/traceparent.ts';
import { withTimeout } from '../lib/runtime/with-timeout.ts';
import { ownErrors } from './middleware/own-errors.ts';
import { services } from './services.ts';
import { logger, reportDelivery } from './telemetry.ts';

const stringAttribute = v.object({ S: v.string() });
const recordSchema = v.object({
  dynamodb: v.object({
    Keys: v.object({ contact: stringAttribute, day: stringAttribute }),
    NewImage: v.fallback(
      v.optional(v.object({ event: v.object({ M: v.object({ traceparent: stringAttribute }) }) })),
      undefined,
    ),
  }),
});

/** Kept free at the end of an invocation to send its response. */
const RESPONSE_RESERVE_MS = 2 * SECOND_MS;

/**
 * Handles the ledger's stream: delivers what is newly pending, and reports the records that failed.
 *
 * @param delivery gives what delivers; called with the first batch
 */
export function createHandler(delivery: () => Delivery) {
  const firstDelivery = lazy(() => createFirstDelivery(delivery()));
  return middy<DynamoDBStreamEvent, DynamoDBBatchResponse>()
    .use(injectLambdaContext(logger))
    .use(ownErrors())
    .handler((event, context) => {
      const remainingMs = () => context.getRemainingTimeInMillis();
      const deliver = deliverInTime(firstDelivery()(remainingMs), remainingMs);
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

type Deliver = (key: InteractionKey) => Promise<DeliveryResult>;

/**
 * Delivers each interaction of a batch once, even if several records are about it. A record is
 * reported as failed if the ledger fails, or if it is not done in time. The stream then sends it
 * again; if it was delivered in the meantime, it is skipped.
 */
function deliverInTime(deliver: Deliver, remainingMs: () => number) {
  const deliveries = new Map<string, Promise<void>>();
  return async (record: DynamoDBRecord): Promise<void> => {
    const written = parseRecord(record);
    if (written === undefined) return;
    const id = interactionId(written.key);
    const ofSameKey = deliveries.get(id) ?? deliverAndReport(deliver, written);
    deliveries.set(id, ofSameKey);
    await withTimeout(Math.max(remainingMs() - RESPONSE_RESERVE_MS, 0), ofSameKey);
  };
}

async function deliverAndReport(deliver: Deliver, { key, trace }: Written): Promise<void> {
  try {
    reportDelivery(key, { ...trace, ...(await deliver(key)) });
  } catch (error) {
    const message = 'delivery failed, the stream will send the record again';
    logger.error(message, { ...key, ...trace, error });
    throw error;
  }
}

/** What a record of the stream says. */
interface Written {
  key: InteractionKey;
  /** Without `traceId` if the sender sent no trace. */
  trace: { traceId?: string };
}

/** A record that names no interaction never will. Reported as failed, it would block its shard. */
function parseRecord(record: DynamoDBRecord): Written | undefined {
  const data = parseIfValid(recordSchema, record);
  if (data === undefined) {
    logger.error('a record of the stream names no interaction', { eventID: record.eventID });
    return undefined;
  }
  const { Keys, NewImage } = data.dynamodb;
  const trace = parseTraceparent(NewImage?.event.M.traceparent.S);
  return {
    key: { contact: Keys.contact.S, day: Keys.day.S },
    trace: trace === undefined ? {} : { traceId: trace.traceId },
  };
}
