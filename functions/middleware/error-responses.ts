import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Rejection } from '../../lib/event/rejection.ts';
import { UNAVAILABLE } from '../../lib/intake/response.ts';
import { logger, metrics } from '../telemetry.ts';
import type { IdentifyRequest } from './identify-request.ts';

/** Soon enough that little waits, late enough for a passing fault to pass. */
const RETRY_AFTER_SECONDS = 5;

const NOT_JSON = new Rejection('json', 'body', 'other text');

/**
 * The one place that turns an error into an answer: a rejection is shown to the sender, any other
 * error is ours, is logged, and answers 503 so that the sender sends again.
 */
export function errorResponses(): MiddlewareObj<
  IdentifyRequest,
  APIGatewayProxyStructuredResultV2
> {
  return {
    onError: (request) => {
      const error = isFromJsonParser(request.error) ? NOT_JSON : request.error;
      request.response = toResponse(error, request.event.workspace?.id);
    },
  };
}

function isFromJsonParser(error: Error | null | undefined): boolean {
  const cause: unknown = error?.cause;
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'package' in cause &&
    cause.package === '@middy/http-json-body-parser'
  );
}

function toResponse(
  error: Error | null | undefined,
  workspace: string | undefined,
): APIGatewayProxyStructuredResultV2 {
  if (error instanceof Rejection) {
    metrics.addMetric('rejected', 'Count', 1);
    metrics.addMetric(`rejected_${error.code}`, 'Count', 1);
    logger.info('refused', { workspace, reason: error.code, status: error.status });
    const challenge =
      error.status === 401 ? { 'www-authenticate': 'Basic realm="nat"' } : undefined;
    return json(error.status, { message: error.message }, challenge);
  }
  metrics.addMetric('failed', 'Count', 1);
  logger.error('failed', { workspace, error });
  return json(503, { message: UNAVAILABLE }, { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

/** An answer in JSON, as every one of this API is. */
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
