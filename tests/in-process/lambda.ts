import type { APIGatewayProxyEventV2, Context, SQSEvent } from 'aws-lambda';

/** The parts of a request that a test sets; `body` is absent in a request without one. */
export interface RequestParts {
  /** `POST /v1/batch`, for example. */
  routeKey: string;
  /** By their name in lower case, as API Gateway writes it. */
  headers: Record<string, string>;
  body?: string;
  queryStringParameters?: Record<string, string>;
  isBase64Encoded?: boolean;
}

/** Creates a request as a function gets it from API Gateway's HTTP API. */
export function requestWith(parts: RequestParts): APIGatewayProxyEventV2 {
  const [method = '', path = ''] = parts.routeKey.split(' ');
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    requestContext: {
      accountId: '',
      apiId: '',
      domainName: '',
      domainPrefix: '',
      http: { method, path, protocol: '', sourceIp: '', userAgent: '' },
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

/** Creates an event as a function gets it from an SQS queue, with one message for each body. */
export function messagesWith(...bodies: string[]): SQSEvent {
  const Records = bodies.map((body, number) => ({
    messageId: String(number),
    receiptHandle: '',
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  }));
  return { Records };
}

/** Creates the context that Lambda gives to an invocation. */
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
