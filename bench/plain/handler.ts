/**
 * What a good engineer writes in an afternoon from the documentation of Powertools and middy: the
 * comparison for `npm run bench`. It does the same as `functions/identify.ts` for an honest single
 * event in the recommended format: it authenticates the sender, reads the event, and lets one event
 * per contact and day pass. The interaction is the result that the idempotency utility stores, from
 * which a stream could deliver it.
 *
 * It does not read the other documented formats, custom formats, batches, compressed bodies and the
 * other ways to give a key; verify signatures; keep addresses out of the table (the hash of the key
 * is made of the address alone, so anybody can compute it); bound what a request costs; or answer
 * within the time-outs of the senders.
 */
import { createHash } from 'node:crypto';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import httpErrorHandler from '@middy/http-error-handler';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { z } from 'zod';

const logger = new Logger();
const metrics = new Metrics({ namespace: 'NatDestination' });
const db = new DynamoDBClient();
const DAY_SECONDS = 86_400;

const identifySchema = z.object({
  type: z.literal('identify'),
  timestamp: z.iso.datetime({ offset: true }),
  traits: z.object({ email: z.email() }),
  page: z.object({ url: z.url() }).optional(),
});

const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: process.env.IDEMPOTENCY_TABLE ?? '',
  awsSdkV3Client: db,
});

/** As the documentation has it, without the cache in memory, which is off by default. */
const config = new IdempotencyConfig({
  eventKeyJmesPath: '[workspace, email, day]',
  throwOnNoIdempotencyKey: true,
  expiresAfterSeconds: 400 * DAY_SECONDS,
  responseHook: (response) => {
    metrics.addMetric('duplicate', MetricUnit.Count, 1);
    return response;
  },
});

interface Interaction {
  workspace: string;
  email: string;
  day: string;
  description: string;
}

const accept = makeIdempotent(
  async (interaction: Interaction) => {
    metrics.addMetric('accepted', MetricUnit.Count, 1);
    return { ...interaction, acceptedAt: new Date().toISOString() };
  },
  {
    persistenceStore,
    config,
  },
);

async function findWorkspace(authorization = ''): Promise<string | undefined> {
  const key = authorization.replace(/^Bearer /, '');
  const { Item } = await db.send(
    new GetItemCommand({
      TableName: process.env.WORKSPACES_TABLE ?? '',
      Key: { key: { S: createHash('sha256').update(key).digest('hex') } },
    }),
  );
  return Item?.id?.S;
}

/** The plain handler. */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(httpJsonBodyParser())
  .use(httpErrorHandler())
  .handler(async (event, context) => {
    config.registerLambdaContext(context);
    const workspace = await findWorkspace(event.headers.authorization);
    if (workspace === undefined) return { statusCode: 401, body: '{"message":"unknown key"}' };
    const { data, error } = identifySchema.safeParse(event.body);
    if (error !== undefined) {
      metrics.addMetric('rejected', MetricUnit.Count, 1);
      return { statusCode: 400, body: JSON.stringify({ message: z.prettifyError(error) }) };
    }
    const { email } = data.traits;
    const interaction = {
      workspace,
      email,
      day: data.timestamp.slice(0, 10),
      description: data.page?.url ?? 'Used our product',
    };
    await accept(interaction);
    logger.info('handled', { workspace, day: interaction.day });
    return { statusCode: 200, body: '{"status":"accepted"}' };
  });
