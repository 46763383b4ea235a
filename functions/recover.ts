import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { createRecovery, type Recovery } from '../lib/delivery/recovery.ts';
import { createRepairs } from '../lib/ledger/repairs.ts';
import { createStreamReader } from '../lib/ledger/stream.ts';
import { readQueueUrl } from '../lib/runtime/config.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { ownErrors } from './middleware/own-errors.ts';
import { services } from './services.ts';
import { logger, report } from './telemetry.ts';

/**
 * Handles the queue of what the stream gave up. If it fails, its messages come again.
 *
 * @param recovery gives what recovers; called with the first message
 */
export function createHandler(recovery: () => Recovery) {
  return middy<SQSEvent, void>()
    .use(injectLambdaContext(logger))
    .use(ownErrors())
    .handler(async ({ Records }, context) => {
      for (const { body } of Records) {
        const result = await recovery().recover(body, () => context.getRemainingTimeInMillis());
        report('warn', 'handled what the stream gave up', result, { recovered: result.recovered });
      }
    });
}

export const handler = createHandler(
  lazy(() => {
    const { config, db } = services();
    const sqs = new SQSClient();
    const QueueUrl = readQueueUrl(process.env);
    return createRecovery({
      repairs: createRepairs(db, config.INTERACTIONS_TABLE),
      readStream: createStreamReader(new DynamoDBStreamsClient()),
      send: async (MessageBody, DelaySeconds) => {
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds }));
      },
    });
  }),
);
