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
  | { sender: Sender; form: 'single' | 'batch' | 'array'; events: Reading[] }
  | 'unknown';

/** Reads a request as the documents say, with nothing of `lib` or `functions`. */
export function expectationOf(request: RequestParts): Expectation {
  const { routeKey, headers, body, isBase64Encoded } = request;
  if (routeKey === 'GET /v1/health') return { status: 200 };
  const wire = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const byHeader = headers.authorization === undefined ? undefined : senderOf(keyIn(headers));
  if (typeof byHeader === 'number') return { status: byHeader };
  const text = textOf(headers, wire);
  if (typeof text === 'number') return { status: text };
  const json = parsed(text);
  if (json === undefined) return { status: 400 };
  const sender = byHeader ?? senderOf(fieldOf(json.value, 'writeKey'));
  if (typeof sender === 'number') return { status: sender };
  if (!isSigned(headers, wire, sender)) return { status: 401 };
  return expectationOfJson(json.value, sender, routeKey);
}

/** The text of a body as a reader of logs would look for it: unpacked where that is possible. */
export function readableText({ headers, body, isBase64Encoded }: RequestParts): string {
  const wire = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const text = textOf(headers, wire);
  return typeof text === 'number' ? wire.toString('utf8') : text;
}

function keyIn(headers: RequestParts['headers']): string | undefined {
  const words = (headers.authorization ?? '').split(' ').filter((word) => word !== '');
  const [scheme = '', value = ''] = words.length === 2 ? words : [];
  const isBasic = scheme.toLowerCase() === 'basic';
  const isBearer = scheme.toLowerCase() === 'bearer';
  const user = Buffer.from(value, 'base64').toString('utf8').split(':')[0];
  return isBasic ? user : isBearer ? value : undefined;
}

function senderOf(apiKey: unknown): Sender | number {
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

function expectationOfJson(json: unknown, sender: Sender, routeKey: string): Expectation {
  // Nobody else reads custom formats: what was answered is still compared with what was written.
  if (sender.paths !== undefined) return 'unknown';
  if (!isOrdinary(json)) return 'unknown';
  const batch = Array.isArray(json) ? json : fieldOf(json, 'batch');
  if (batch === undefined || batch === null || batch === '') {
    const event = routeKey === 'POST /v1/identify' ? withType(json) : json;
    return { sender, form: 'single', events: [readingOf(event, sender)] };
  }
  if (!Array.isArray(batch)) return typeof batch === 'string' ? 'unknown' : { status: 400 };
  if (batch.length > MAX_EVENTS) return { status: 413 };
  // The context that a batch gives to all its events is read by nobody else.
  if (fieldOf(json, 'context') !== undefined) return 'unknown';
  const form = batch === json ? 'array' : 'batch';
  const events = batch.map((event) => withSentAt(event, fieldOf(json, 'sentAt')));
  return { sender, form, events: events.map((event) => readingOf(event, sender)) };
}

/** The path says the type of an event that has none. */
function withType(json: unknown): unknown {
  const type = fieldOf(json, 'type');
  const hasType = type !== undefined && type !== null && String(type).trim() !== '';
  if (hasType || typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const others = Object.entries(json).filter(([name]) => name.toLowerCase() !== 'type');
  return { ...Object.fromEntries(others), type: 'identify' };
}

/** An event was sent when its batch was, unless it says so itself. */
function withSentAt(event: unknown, sentAt: unknown): unknown {
  const own = fieldOf(event, 'sentAt');
  const hasOwn = own !== undefined && own !== null && String(own).trim() !== '';
  if (hasOwn || typeof event !== 'object' || event === null || Array.isArray(event)) return event;
  const others = Object.entries(event).filter(([name]) => name.toLowerCase() !== 'sentat');
  return { ...Object.fromEntries(others), sentAt };
}

function fieldOf(json: unknown, wanted: string): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return Object.entries(json).find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1];
}

function readingOf(event: unknown, sender: Sender): Reading {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  if (bytes > SURELY_SMALL_BYTES) return bytes > SURELY_LARGE_BYTES ? 'rejected' : 'unknown';
  const dayOf = (instant: number) => dayAt(sender, instant);
  return readNaively(event, { standardMessage: STANDARD_MESSAGE, dayOf, now: NOW });
}
