import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Rejection } from '../../lib/event/rejection.ts';
import { UNAVAILABLE } from '../../lib/intake/response.ts';
import type { ErrorResponse } from '../../lib/intake/response-schemas.ts';
import { report } from '../telemetry.ts';
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
      const { error, event } = request;
      request.response =
        error instanceof Rejection
          ? rejectionResponse(error, event)
          : unavailableResponse(error, event);
    },
  };
}

function rejectionResponse(rejection: Rejection, event: IdentifyRequest) {
  const { code, message, status, field } = rejection;
  const { workspace, trace } = event;
  const sender = { workspace: workspace?.id, sdk: sdkOf(event), traceId: trace?.traceId };
  const counts = event.isDryRun === true ? {} : { rejected: 1, [`rejected_${code}`]: 1 };
  report('info', 'rejected', { ...sender, code, status, field, reason: message }, counts);
  const body: ErrorResponse = { code, message };
  return json(status, body, status === 401 ? { 'www-authenticate': 'Basic realm="nat"' } : {});
}

function unavailableResponse(error: Error | null | undefined, event: IdentifyRequest) {
  const { workspace, trace } = event;
  const request = { workspace: workspace?.id, traceId: trace?.traceId };
  report('error', 'failed', { ...request, error }, { failed: 1 });
  return json(503, UNAVAILABLE, { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

/**
 * Names the software of a sender, such as `analytics-python/2.3.3`: the first word of its user
 * agent, if that is a name with a version and nothing personal.
 */
export function sdkOf({ headers }: IdentifyRequest): string | undefined {
  return /^(?:@[\w-]{1,40}\/)?[\w.-]{1,40}\/v?\d[\w.-]{0,20}(?=\s|$)/.exec(
    headers['user-agent'] ?? '',
  )?.[0];
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
