/**
 * Loaded into the process of serverless-offline before it starts. Sends every request to the API,
 * with its answer, to the process of the stack when it has ended. The functions do not know of it.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RecordedRequest } from './read-request.ts';

/** The most that the API takes. Of what is longer, nothing is kept. */
const MAX_BYTES = 5 * 1024 * 1024;
/** Asked all the time by whoever waits for the API. */
const HEALTH_PATH = /^\/v1\/health\/?(?:\?|$)/;

const apiPort = Number(process.argv.find((arg) => arg.startsWith('--httpPort='))?.split('=')[1]);

subscribe('http.server.request.start', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  const { method = '', url = '', socket } = request;
  if (socket.localPort !== apiPort || HEALTH_PATH.test(url)) return;
  const [at, startedAt] = [Date.now(), performance.now()];
  const body = collectChunks(request, ['push']);
  const answer = collectChunks(response, ['write', 'end']);
  response.once('close', () => {
    // Not `headers`, which gateway.ts changes.
    const { headersDistinct } = request;
    const header = (name: string) => headersDistinct[name]?.[0];
    const recorded: RecordedRequest = {
      ...{ at, method, url, body: body(), answer: answer() },
      authorization: header('authorization'),
      contentType: header('content-type'),
      contentEncoding: header('content-encoding'),
      userAgent: header('user-agent'),
      status: response.writableFinished ? response.statusCode : undefined,
      latencyMs: performance.now() - startedAt,
    };
    process.send?.(recorded);
  });
});

/**
 * Collects the chunks with which methods of a stream are called. A listener for `data` would start a
 * stream before its reader is there.
 *
 * @returns what gives the bytes so far; undefined if there were too many
 */
function collectChunks<Stream extends object>(stream: Stream, methods: (keyof Stream & string)[]) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (const name of methods) {
    const method = stream[name];
    if (typeof method !== 'function') continue;
    const collecting = (...args: unknown[]): unknown => {
      collect(args[0]);
      return Reflect.apply(method, stream, args);
    };
    Object.defineProperty(stream, name, { value: collecting, configurable: true, writable: true });
  }
  return () => (bytes > MAX_BYTES ? undefined : Buffer.concat(chunks));

  function collect(chunk: unknown): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
    bytes += Buffer.byteLength(chunk);
    if (bytes > MAX_BYTES) chunks.length = 0;
    else chunks.push(Buffer.from(chunk));
  }
}
