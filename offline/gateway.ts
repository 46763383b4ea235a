/**
 * Loaded into the process of serverless-offline before it starts, to correct three differences from
 * API Gateway:
 *
 * - serverless-offline turns a body into UTF-8 text unless its content type is binary. API Gateway
 *   passes everything that is not text on in base64.
 * - serverless-offline parses a JSON body. API Gateway passes it on as it is, also a JSON string
 *   that holds JSON.
 * - serverless-offline answers CORS requests from any origin. API Gateway has no CORS unless it is
 *   configured.
 *
 * serverless-offline decides both by the parsed headers, which are changed here. The functions get
 * the raw headers, which stay as they are.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

const TEXT = /^(?:text\/|application\/(?:[\w.+-]+\+)?(?:json|xml)\b|application\/javascript\b)/i;

subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  const isText = encoding === undefined && (type === undefined || TEXT.test(type));
  request.headers['content-type'] = isText ? 'text/plain' : 'application/octet-stream';
  delete request.headers.origin;
  delete request.headers['access-control-request-method'];
});

// The stack holds the other end of stdin. When the stack ends, for any reason, this process ends.
process.stdin.on('end', () => process.exit());
process.stdin.resume();
