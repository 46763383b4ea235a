import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createIntake, type EventResult, type Intake } from '../lib/intake/accept.ts';
import { readBody } from '../lib/intake/read-body.ts';
import { toBatchResponse } from '../lib/intake/response.ts';
import { BATCH_LIMIT_MS, SINGLE_LIMIT_MS } from '../lib/intake/time-limits.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { withTimeout } from '../lib/runtime/with-timeout.ts';
import type { Workspace } from '../lib/workspaces/workspaces.ts';
import { errorResponses, json } from './middleware/error-responses.ts';
import {
  authenticateSender,
  type IdentifyRequest,
  parseBody,
  unpackBody,
  verifySender,
} from './middleware/identify-request.ts';
import { type Services, services } from './services.ts';
import { countResults, logger, metrics } from './telemetry.ts';

type Response = APIGatewayProxyStructuredResultV2;

/** Routes that need no API key. */
const OPEN_ROUTES: Record<string, () => Promise<Response>> = {
  'GET /v1/health': async () => json(200, { status: 'ok' }),
  // Loaded on request, because it is large and no event needs it.
  'GET /openapi.json': async () =>
    json(200, (await import('../openapi.json', { with: { type: 'json' } })).default),
};

/**
 * The API: single calls and batches on either path, and its health and description without a key.
 *
 * @param services returns what the handler works with; called at the first request
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
    .use(parseBody())
    .use(verifySender(services))
    .handler(async ({ body, workspace, startedAt = Date.now() }) => {
      if (workspace === undefined) throw new Error('authenticateSender did not run');
      const { isBatch, events } = readBody(body);
      const remainingMs = startedAt + (isBatch ? BATCH_LIMIT_MS : SINGLE_LIMIT_MS) - Date.now();
      const results = await acceptInTime(intake(), events, workspace, remainingMs);
      const [only] = results;
      if (!isBatch && only !== undefined) return respondToSingle(only, workspace.id);
      return respondToBatch(results, workspace.id);
    });
  return async (event: IdentifyRequest, context: Context): Promise<Response> =>
    OPEN_ROUTES[event.routeKey]?.() ?? identify({ ...event, startedAt: Date.now() }, context);
}

export const handler = createHandler(services);

/** Stops writing when the time is up. What was written by then is `duplicate` when sent again. */
async function acceptInTime(
  intake: Intake,
  events: unknown[],
  workspace: Workspace,
  remainingMs: number,
): Promise<EventResult[]> {
  const stop = new AbortController();
  try {
    const accepting = intake.accept(events, workspace, Date.now(), stop.signal);
    return await withTimeout(remainingMs, accepting);
  } finally {
    stop.abort();
  }
}

function respondToSingle(result: EventResult, workspace: string): Response {
  if ('rejection' in result) throw result.rejection;
  const { status, key } = result;
  countResults([result]);
  logger.info(status, { workspace, contact: key.contact, day: key.day });
  return json(status === 'accepted' ? 202 : 200, { status });
}

function respondToBatch(results: EventResult[], workspace: string): Response {
  logger.info('batch', { workspace, ...countResults(results) });
  const { status, body } = toBatchResponse(results);
  return json(status, body);
}
