import { gzipSync } from 'node:zlib';
import { type Fault, hasFaultyBody, STATUSES_WITHOUT_BODY } from './fault.ts';

const CHUNK = new Uint8Array(1024 * 1024);
const GZIPPED_CHUNK = gzipSync(CHUNK);

/**
 * Creates the answer to a call that a fault keeps from being processed.
 *
 * @param status its status
 * @param retryAfter its Retry-After header; none if undefined
 */
export function createFaultResponse(status: number, retryAfter: Fault['retryAfter']): Response {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  const message = `the sandbox was asked to answer ${status}`;
  const body = STATUSES_WITHOUT_BODY.includes(status) ? null : JSON.stringify({ message });
  return new Response(body, { status, headers });
}

/** Gives a response the body that a fault asks for. */
export function withFaultyBody(response: Response, fault: Fault): Response {
  if (!hasFaultyBody(fault)) return response;
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  if (fault.gzipBombBytes !== undefined) headers.set('content-encoding', 'gzip');
  const body = ReadableStream.from(generateBody(response, fault));
  return new Response(body, { status: response.status, headers });
}

async function* generateBody(
  response: Response,
  { bodyBytes, gzipBombBytes, neverEnds }: Fault,
): AsyncGenerator<Uint8Array> {
  if (bodyBytes !== undefined) yield* generateZeros(bodyBytes);
  else if (gzipBombBytes !== undefined) yield* generateGzip(gzipBombBytes);
  else yield new Uint8Array(await response.arrayBuffer());
  if (neverEnds) await new Promise<never>(() => {});
}

function* generateZeros(bytes: number): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
}

/** A gzip file may be a sequence of gzip files (RFC 1952, 2.2), so one chunk is compressed once. */
function* generateGzip(unpackedBytes: number): Generator<Uint8Array> {
  for (const chunk of generateZeros(unpackedBytes)) {
    yield chunk.length === CHUNK.length ? GZIPPED_CHUNK : gzipSync(chunk);
  }
}
