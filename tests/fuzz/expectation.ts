import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { type Reading, readNaively } from '../differential/naive-reading.ts';
import type { RequestParts } from '../in-process/lambda.ts';
import { isOrdinary } from './ordinary.ts';
import { CONTENT_TYPES, ENCODINGS } from './requests.ts';
import { dayAt, NOW, SENDERS, type Sender, STANDARD_MESSAGE, signatureOf } from './senders.ts';

const MAX_BODY_BYTES = 5 * 1024 * 1024;
const MAX_EVENTS = 4000;
/** Well below and well above the 32 KB of an event: between them, who counts what decides. */
const SURELY_SMALL_BYTES = 24 * 1024;
const SURELY_LARGE_BYTES = 40 * 1024;

/** What a request should come to, as far as an independent reading can tell. */
export type Expectation =
  | { status: number }
  | { sender: Sender; single: boolean; events: Reading[] }
  | 'unknown';

/** Reads a request as the documents say, with nothing of `lib` or `functions`. */
export function expectationOf(request: RequestParts): Expectation {
  const { routeKey, headers, body, isBase64Encoded } = request;
  if (routeKey === 'GET /v1/health') return { status: 200 };
  const wire = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const sender = senderOf(headers);
  if (typeof sender === 'number') return { status: sender };
  const text = textOf(headers, wire);
  if (typeof text === 'number') return { status: text };
  const json = parsed(text);
  if (json === undefined) return { status: 400 };
  if (!isSigned(headers, wire, sender)) return { status: 401 };
  return expectationOfJson(json.value, sender);
}

/** The text of a body as a reader of logs would look for it: unpacked where that is possible. */
export function readableText({ headers, body, isBase64Encoded }: RequestParts): string {
  const wire = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const text = textOf(headers, wire);
  return typeof text === 'number' ? wire.toString('utf8') : text;
}

function senderOf(headers: RequestParts['headers']): Sender | number {
  const words = (headers.authorization ?? '').split(' ').filter((word) => word !== '');
  const [scheme = '', value = ''] = words.length === 2 ? words : [];
  const isBasic = scheme.toLowerCase() === 'basic';
  const isBearer = scheme.toLowerCase() === 'bearer';
  const user = Buffer.from(value, 'base64').toString('utf8').split(':')[0];
  const apiKey = isBasic ? user : isBearer ? value : undefined;
  const sender = SENDERS.find((one) => one.apiKey === apiKey);
  if (sender === undefined) return 401;
  return sender.disabled ? 403 : sender;
}

function isSigned(
  headers: RequestParts['headers'],
  wire: Buffer,
  { sharedSecret }: Sender,
): boolean {
  if (sharedSecret === undefined) return true;
  return signatureOf(sharedSecret, wire) === headers['x-signature']?.toLowerCase();
}

/** The status that refuses it, or the text. */
function textOf(headers: RequestParts['headers'], wire: Buffer): string | number {
  const encoding = ENCODINGS.get(headers['content-encoding']);
  if (CONTENT_TYPES.get(headers['content-type']) !== true) return 415;
  if (wire.length > MAX_BODY_BYTES) return 413;
  if (encoding !== 'plain' && encoding !== 'gzip') return 415;
  const bytes = encoding === 'gzip' ? unzipped(wire) : wire;
  if (typeof bytes === 'number') return bytes;
  if (!isUtf8(bytes)) return 400;
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function unzipped(wire: Buffer): Buffer | number {
  try {
    const bytes = gunzipSync(wire);
    return bytes.length > MAX_BODY_BYTES ? 413 : bytes;
  } catch {
    return 400;
  }
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function expectationOfJson(json: unknown, sender: Sender): Expectation {
  // Nobody else reads custom formats: what was answered is still compared with what was written.
  if (sender.paths !== undefined) return 'unknown';
  if (!isOrdinary(json)) return 'unknown';
  const batch = Array.isArray(json) ? [json] : batchesIn(json);
  const [events] = batch;
  if (batch.length === 0) return { sender, single: true, events: [readingOf(json, sender)] };
  if (!Array.isArray(events)) return { status: 400 };
  if (events.length > MAX_EVENTS) return { status: 413 };
  return { sender, single: false, events: events.map((event) => readingOf(event, sender)) };
}

function batchesIn(json: unknown): unknown[] {
  if (typeof json !== 'object' || json === null) return [];
  const fields = Object.entries(json).filter(([name]) => name.toLowerCase() === 'batch');
  return fields.map(([, batch]) => batch);
}

function readingOf(event: unknown, sender: Sender): Reading {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  if (bytes > SURELY_SMALL_BYTES) return bytes > SURELY_LARGE_BYTES ? 'rejected' : 'unknown';
  const dayOf = (instant: number) => dayAt(sender, instant);
  return readNaively(event, { standardMessage: STANDARD_MESSAGE, dayOf, now: NOW });
}
