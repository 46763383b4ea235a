import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request as the client sent it. */
export interface PassingRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer<ArrayBuffer>;
}

/** A response that the proxy gives itself. */
export interface ProxyResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Starts a proxy before a server on this machine: tests can read requests, or answer them instead.
 *
 * @param target the URL of the server
 * @param parts `onRequest` is called with each request and may answer it; `onAnswer` is called with
 * each body that the server answers
 */
export async function startProxy(
  target: string,
  parts: {
    onRequest: (request: PassingRequest) => ProxyResponse | undefined;
    onAnswer?: (body: string) => void;
  },
) {
  const server = createServer(async (request, response) => {
    const body = Buffer.from(await buffer(request));
    const { url: path = '/', method = 'GET', headers } = request;
    const instead = parts.onRequest({ path, headers, body });
    if (instead !== undefined) {
      response.writeHead(instead.status, instead.headers).end(instead.body);
      return;
    }
    const passed = Object.entries(headers).filter(([name]) => !PER_CONNECTION.has(name));
    const answer = await fetch(`${target}${path}`, {
      method,
      headers: passed.map(([name, value]) => [name, String(value)]),
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    parts.onAnswer?.(text);
    const type = answer.headers.get('content-type') ?? 'application/json';
    response.writeHead(answer.status, { 'content-type': type }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Headers of one connection, and those that `fetch` sets itself. */
const PER_CONNECTION = new Set(['connection', 'content-length', 'host', 'transfer-encoding']);
