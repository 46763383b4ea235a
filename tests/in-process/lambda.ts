import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

/** What of a request a test decides; `body` is left out where there is none. */
export interface RequestParts {
  /** Such as `POST /v1/batch`. */
  routeKey: string;
  /** Their names in lower case, as API Gateway hands them over. */
  headers: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}

/** A request as API Gateway's HTTP API hands it to a function. */
export function requestWith(parts: RequestParts): APIGatewayProxyEventV2 {
  const path = parts.routeKey.split(' ')[1] ?? '';
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    requestContext: {
      accountId: '',
      apiId: '',
      domainName: '',
      domainPrefix: '',
      http: { method: '', path, protocol: '', sourceIp: '', userAgent: '' },
      requestId: '',
      routeKey: parts.routeKey,
      stage: '',
      time: '',
      timeEpoch: 0,
    },
    isBase64Encoded: false,
    ...parts,
  };
}

/** What Lambda tells a function of its invocation. */
export function contextWith(
  functionName: string,
  awsRequestId: string,
  remainingMs: () => number,
): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '1',
    invokedFunctionArn: `arn:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId,
    logGroupName: '',
    logStreamName: '',
    getRemainingTimeInMillis: remainingMs,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
