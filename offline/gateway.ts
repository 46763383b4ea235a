/**
 * Loaded into serverless-offline before it starts, to mend its edge: it turns a body into UTF-8
 * text unless the content type is binary, where API Gateway hands over in base64 whatever is not
 * text. And it lets any page of any origin in, where API Gateway has no CORS unless it is set up. It
 * decides both by the parsed headers, and gives functions the raw ones, so only it sees this.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

const TEXT = /^(?:text\/|application\/(?:[\w.+-]+\+)?(?:json|xml)\b|application\/javascript\b)/i;

subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  const isText = encoding === undefined && (type === undefined || TEXT.test(type));
  if (!isText) request.headers['content-type'] = 'application/octet-stream';
  delete request.headers.origin;
  delete request.headers['access-control-request-method'];
});

// The stack holds the other end: when it is gone, however it went, this process goes too.
process.stdin.on('end', () => process.exit());
process.stdin.resume();
