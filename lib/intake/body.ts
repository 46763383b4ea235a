import { gunzipSync } from 'node:zlib';
import { Rejection, seen } from '../event/rejection.ts';

const MAX_BODY_BYTES = 5 * 1024 * 1024;
const MAX_EVENT_BYTES = 32 * 1024;
const MAX_EVENTS = 4000;

/** JSON by name, or what SDKs label JSON as: RudderStack's a form, a browser's beacon plain text. */
const CONTENT_TYPE =
  /^(?:application\/(?:[\w.+-]+\+)?json|application\/x-www-form-urlencoded|text\/plain)\s*(?:;|$)/i;

/**
 * Unpacks a body into text.
 *
 * @param rawBody the bytes as they were sent
 * @param contentType the header; none is taken as JSON
 * @param contentEncoding the header: none, `identity` or `gzip`
 * @returns its text, without a byte-order mark
 * @throws {Rejection} 415 for another type or encoding, 413 over 5 MB (also while unpacking), 400 if
 * it is not gzip or not UTF-8
 */
export function decodeBody(
  rawBody: Uint8Array,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): string {
  if (contentType !== undefined && !CONTENT_TYPE.test(contentType.trim())) {
    throw new Rejection('content_type', 'content-type', 'another type');
  }
  if (rawBody.byteLength > MAX_BODY_BYTES) throw new Rejection('body_size', 'body', 'more');
  const bytes = unpack(rawBody, contentEncoding?.trim().toLowerCase());
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Rejection('utf8', 'body', 'other bytes');
  }
}

function unpack(rawBody: Uint8Array, encoding: string | undefined): Uint8Array {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return rawBody;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new Rejection('content_encoding', 'content-encoding', 'another one');
  }
  try {
    return gunzipSync(rawBody, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw new Rejection('body_size', 'body', 'more');
    throw new Rejection('gzip', 'body', 'other bytes');
  }
}

/** What a body holds: one event, or several that get one result each. */
export type Body = { single: true; events: [unknown] } | { single: false; events: unknown[] };

/**
 * Tells the three body forms apart: `{…}`, `{"batch": […]}` and `[…]`.
 *
 * @param json the body as parsed from JSON
 * @throws {Rejection} 400 if `batch` is not an array, 413 over 4,000 events
 */
export function readBody(json: unknown): Body {
  if (Array.isArray(json)) return several(json);
  const batch = batchOf(json);
  if (batch === undefined) return { single: true, events: [json] };
  if (!Array.isArray(batch)) {
    throw new Rejection('type', 'batch', seen(batch), { detail: 'an array of events' });
  }
  return several(batch);
}

function batchOf(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return undefined;
  const batches = Object.entries(json).filter(([name]) => name.toLowerCase() === 'batch');
  if (batches.length > 1) throw new Rejection('repeated', 'batch', 'it in several');
  return batches[0]?.[1];
}

function several(events: unknown[]): Body {
  if (events.length > MAX_EVENTS) {
    throw new Rejection('batch_size', 'batch', `${events.length}`);
  }
  return { single: false, events };
}

/**
 * @param event one event as parsed from JSON
 * @throws {Rejection} 413 if it is over 32 KB as JSON
 */
export function rejectLargeEvent(event: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  if (bytes > MAX_EVENT_BYTES) throw new Rejection('event_size', 'the event', `${bytes} bytes`);
}
