import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import parseJson from '@middy/http-json-body-parser';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createIntake, type EventResult } from '../lib/intake/accept.ts';
import { readBody } from '../lib/intake/body.ts';
import type { BatchResponse } from '../lib/intake/response.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { errorResponses, json } from './middleware/error-responses.ts';
import {
  authenticateSender,
  type IdentifyRequest,
  unpackBody,
} from './middleware/identify-request.ts';
import { type Services, services } from './services.ts';
import { countResults, logger, metrics } from './telemetry.ts';

type Response = APIGatewayProxyStructuredResultV2;

/** Routes that need no key. */
const OPEN_ROUTES: Record<string, () => Promise<Response>> = {
  'GET /v1/health': async () => json(200, { status: 'ok' }),
  // Loaded late: it is large, and nobody's event waits for it.
  'GET /openapi.json': async () =>
    json(200, (await import('../openapi.json', { with: { type: 'json' } })).default),
};

/**
 * The API: single calls and batches on either path; its health and its description without a key.
 *
 * @param services what it works with, asked for at the first request
 */
export function createHandler(services: () => Services) {
  const intake = lazy(() => {
    const { ledger, secrets, config } = services();
    return createIntake(ledger, secrets, config.RETENTION_DAYS);
  });
  const identify = middy<IdentifyRequest, Response>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use(errorResponses())
    .use(authenticateSender(services))
    .use(unpackBody())
    .use(parseJson({ disableContentTypeCheck: true }))
    .handler(async ({ body, workspace, rejections }) => {
      if (workspace === undefined) throw new Error('authenticateSender did not run');
      const { single, events } = readBody(body);
      const results = await intake().take(events, workspace, Date.now(), rejections);
      const [only] = results;
      if (single && only !== undefined) return respondToSingle(only, workspace.id);
      return respondToBatch(results, workspace.id);
    });
  return async (event: IdentifyRequest, context: Context): Promise<Response> =>
    OPEN_ROUTES[event.routeKey]?.() ?? identify(event, context);
}

export const handler = createHandler(services);

function respondToSingle(result: EventResult, workspace: string): Response {
  if ('rejection' in result) throw result.rejection;
  const { status, key } = result;
  countResults([result]);
  logger.info(status, { workspace, contact: key.contact, day: key.day });
  return json(status === 'accepted' ? 202 : 200, { status });
}

function respondToBatch(results: EventResult[], workspace: string): Response {
  const counts = countResults(results);
  logger.info('batch', { workspace, ...counts });
  return json(statusOf(counts, results.length), { results: results.map(toResult) });
}

function statusOf({ accepted = 0, rejected = 0 }: Record<string, number>, total: number): number {
  if (accepted > 0) return 202;
  return total > 0 && rejected === total ? 400 : 200;
}

function toResult(result: EventResult): BatchResponse['results'][number] {
  const { status } = result;
  return 'rejection' in result ? { status, message: result.rejection.message } : { status };
}
