import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request as the client sent it. */
export interface PassingRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer<ArrayBuffer>;
}

/** A response of the server, or one that the proxy gives itself. */
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
 * each response of the server and may replace it
 */
export async function startProxy(
  target: string,
  parts: {
    onRequest?: (request: PassingRequest) => ProxyResponse | undefined;
    onAnswer?: (answer: ProxyResponse, request: PassingRequest) => ProxyResponse | undefined;
  },
) {
  const server = createServer(async (request, response) => {
    const body = Buffer.from(await buffer(request));
    const { url: path = '/', method = 'GET', headers } = request;
    const incoming = { path, headers, body };
    const answer =
      parts.onRequest?.(incoming) ?? (await pass(`${target}${path}`, method, incoming));
    const sent = parts.onAnswer?.(answer, incoming) ?? answer;
    response.writeHead(sent.status, sent.headers).end(sent.body);
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

async function pass(url: string, method: string, request: PassingRequest): Promise<ProxyResponse> {
  const { headers, body } = request;
  const response = await fetch(url, {
    method,
    headers: Object.entries(withoutConnection(headers)).map(([name, value]) => [name, `${value}`]),
    ...(body.length > 0 && { body }),
  });
  return {
    status: response.status,
    headers: withoutConnection(Object.fromEntries(response.headers)),
    body: await response.text(),
  };
}

function withoutConnection<Value>(headers: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PER_CONNECTION.has(name)));
}

/** Headers of one connection, and those that `fetch` sets itself. */
const PER_CONNECTION = new Set(['connection', 'content-length', 'host', 'transfer-encoding']);
