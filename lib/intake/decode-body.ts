import { Rejection } from '../event/rejection.ts';

const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** JSON by name, and the other types that SDKs send JSON as: a form (RudderStack), plain text. */
const CONTENT_TYPE =
  /^(?:application\/(?:[\w.+-]+\+)?json|application\/x-www-form-urlencoded|text\/plain)\s*(?:;|$)/i;

/**
 * Turns the bytes of a body into text.
 *
 * @param rawBody the bytes as they were sent
 * @param contentType the header; without one the body counts as JSON
 * @param contentEncoding the header: none, `identity` or `gzip`
 * @returns the text, without a byte-order mark
 * @throws {Rejection} 415 for another type or encoding, 413 if it is over 5 MB (also while it is
 * unpacked), 400 if it is not gzip or not UTF-8
 */
export function decodeBody(
  rawBody: Uint8Array,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): string {
  if (contentType !== undefined && !CONTENT_TYPE.test(contentType.trim())) {
    throw new Rejection('content_type_unsupported');
  }
  if (rawBody.byteLength > MAX_BODY_BYTES) throw new Rejection('body_too_large');
  const bytes = unpack(rawBody, contentEncoding?.trim().toLowerCase());
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Rejection('utf8_invalid');
  }
}

function unpack(rawBody: Uint8Array, encoding: string | undefined): Uint8Array {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return rawBody;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new Rejection('content_encoding_unsupported');
  }
  try {
    // Most bodies are not compressed, and the import would be part of every cold start.
    const { gunzipSync } = process.getBuiltinModule('node:zlib');
    return gunzipSync(rawBody, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    throw new Rejection(error instanceof RangeError ? 'body_too_large' : 'gzip_invalid');
  }
}
