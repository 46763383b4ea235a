import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createIntake, type EventResult } from '../lib/intake/accept.ts';
import { readBody } from '../lib/intake/read-body.ts';
import { type DryRun, NOT_FOUND, toBatchResponse, toResult } from '../lib/intake/response.ts';
import { BATCH_LIMIT_MS, SINGLE_LIMIT_MS } from '../lib/intake/time-limits.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { OwnError } from '../lib/runtime/own-error.ts';
import { parseTraceparent } from '../lib/runtime/traceparent.ts';
import { withAbort } from '../lib/runtime/with-timeout.ts';
import { respondToHealth } from './health.ts';
import { errorResponses, json, sdkOf } from './middleware/error-responses.ts';
import {
  authenticateByBody,
  authenticateByHeader,
  type IdentifyRequest,
  parseBody,
  readQuery,
  unpackBody,
  verifySender,
} from './middleware/identify-request.ts';
import { type Services, services } from './services.ts';
import { logger, reportResults } from './telemetry.ts';

type Response = APIGatewayProxyStructuredResultV2;

const IDENTIFY_ROUTE = 'POST /v1/identify';
/** All three take the same bodies. SDKs post to the last two. */
const EVENT_ROUTES = new Set([IDENTIFY_ROUTE, 'POST /v1/batch', 'POST /v1/import']);

/**
 * The API: single calls and batches on any path, and its health and description without a key.
 *
 * @param services returns what the handler works with; called at the first request
 */
export function createHandler(services: () => Services) {
  const intake = lazy(() => {
    const { ledger, secrets, config } = services();
    return createIntake(ledger, secrets, config.RETENTION_DAYS);
  });
  /** Routes that need no API key. */
  const openRoutes: Record<string, (event: IdentifyRequest) => Promise<Response>> = {
    'GET /v1/health': (event) =>
      respondToHealth(services, 'deep' in (event.queryStringParameters ?? {})),
    // Loaded on request, because it is large and no event needs it.
    'GET /openapi.json': async () =>
      json(200, (await import('../openapi.json', { with: { type: 'json' } })).default),
  };
  const takeEvents = middy<IdentifyRequest, Response>()
    .use(injectLambdaContext(logger))
    .use(errorResponses())
    .use(readQuery())
    .use(authenticateByHeader(services))
    .use(unpackBody())
    .use(parseBody())
    .use(authenticateByBody(services))
    .use(verifySender(services))
    .handler(async (event) => {
      const { json: body, workspace, route, isDryRun = false, startedAt = Date.now() } = event;
      const { traceId, traceparent } = event.trace ?? {};
      if (workspace === undefined) throw new OwnError('the sender was not authenticated');
      const { form, events, shared } = readBody(body);
      const isSingle = form === 'single';
      const limitMs = startedAt + (isSingle ? SINGLE_LIMIT_MS : BATCH_LIMIT_MS) - Date.now();
      const impliedType = isSingle && route === IDENTIFY_ROUTE ? 'identify' : undefined;
      const results = await withAbort(limitMs, (signal) =>
        intake().accept(events, workspace, Date.now(), {
          signal,
          shared,
          impliedType,
          isDryRun,
          traceparent,
        }),
      );
      if (!isDryRun) {
        const source = { workspace: workspace.id, sdk: sdkOf(event), traceId, form };
        reportResults(results, source, services().config.ROUTINE_LOG_RATE);
      }
      const dryRun = isDryRun ? workspace : undefined;
      const [only] = results;
      if (isSingle && only !== undefined) return respondToSingle(only, dryRun);
      const response = toBatchResponse(form, results, dryRun);
      return json(response.status, response.body);
    });
  return async (event: IdentifyRequest, context: Context): Promise<Response> => {
    const route = routeOf(event);
    const respond = openRoutes[route];
    if (respond !== undefined) return respond(event);
    if (!EVENT_ROUTES.has(route)) return json(404, NOT_FOUND);
    const trace = parseTraceparent(event.headers.traceparent);
    return takeEvents({ ...event, route, trace, startedAt: Date.now() }, context);
  };
}

export const handler = createHandler(services);

/** A slash at the end makes no difference. */
function routeOf({ requestContext, rawPath }: IdentifyRequest): string {
  return `${requestContext.http.method} ${rawPath.replace(/\/+$/, '')}`;
}

function respondToSingle(result: EventResult, dryRun: DryRun | undefined): Response {
  if ('rejection' in result) throw result.rejection;
  return json(200, toResult(result, dryRun));
}
