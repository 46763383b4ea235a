import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Rejection } from '../../lib/event/rejection.ts';
import { type ErrorResponse, UNAVAILABLE } from '../../lib/intake/response.ts';
import { logger, metrics } from '../telemetry.ts';
import type { IdentifyRequest } from './identify-request.ts';

/** Short enough that little waits, long enough for most faults to pass. */
const RETRY_AFTER_SECONDS = 5;

/**
 * The one place that turns an error into a response. A rejection is shown to the sender. Any other
 * error is ours: it is logged and answered with 503, so that the sender sends again.
 */
export function errorResponses(): MiddlewareObj<
  IdentifyRequest,
  APIGatewayProxyStructuredResultV2
> {
  return {
    onError: (request) => {
      const workspace = request.event.workspace?.id;
      request.response =
        request.error instanceof Rejection
          ? rejectionResponse(request.error, workspace)
          : unavailableResponse(request.error, workspace);
    },
  };
}

function rejectionResponse(rejection: Rejection, workspace: string | undefined) {
  const { code, message, status } = rejection;
  metrics.addMetric('rejected', 'Count', 1);
  metrics.addMetric(`rejected_${code}`, 'Count', 1);
  logger.info('rejected', { workspace, code, status });
  const body: ErrorResponse = { code, message };
  return json(status, body, status === 401 ? { 'www-authenticate': 'Basic realm="nat"' } : {});
}

function unavailableResponse(error: Error | null | undefined, workspace: string | undefined) {
  metrics.addMetric('failed', 'Count', 1);
  logger.error('failed', { workspace, error });
  return json(503, UNAVAILABLE, { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

/** @returns a response with a JSON body, as every response of this API is */
export function json(
  statusCode: number,
  body: object,
  headers?: Record<string, string>,
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
