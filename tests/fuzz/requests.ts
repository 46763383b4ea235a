import { gzipSync } from 'node:zlib';
import type { RequestParts } from '../in-process/lambda.ts';
import { createRandom, type Random } from '../simulation/random.ts';
import { noise, someBody } from './bodies.ts';
import { ACTIVE, CUSTOM, DISABLED, type Sender, signatureOf } from './senders.ts';

const MB = 1024 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const BOMB = gzipSync(Buffer.alloc(6 * MB, ' '));
const TOO_LARGE = Buffer.alloc(5 * MB + 1, ' ');

/** Content types, and whether the service accepts them. */
export const CONTENT_TYPES = new Map<string | undefined, boolean>([
  ['application/json', true],
  ['application/json; charset=utf-8', true],
  [' Application/JSON ', true],
  ['application/cloudevents+json', true],
  ['application/x-www-form-urlencoded', true],
  ['text/plain;charset=UTF-8', true],
  [undefined, true],
  ['', false],
  ['text/html-of-the-fuzzer', false],
  ['application/jsonish', false],
  ['multipart/form-data; boundary=fuzzer-boundary', false],
]);

/** Content encodings, and what they mean. */
export const ENCODINGS = new Map<string | undefined, 'plain' | 'gzip' | 'rejected'>([
  [undefined, 'plain'],
  ['', 'plain'],
  ['identity', 'plain'],
  ['gzip', 'gzip'],
  [' GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['br-of-the-fuzzer', 'rejected'],
  ['gzip, gzip', 'rejected'],
]);

const contentTypes = [...CONTENT_TYPES.keys()];
const encodings = [...ENCODINGS.keys()];

/** Makes the request of a seed: always the same one. */
export function requestOf(seed: number): RequestParts {
  const random = createRandom(seed);
  if (random.chance(0.001)) return { routeKey: 'GET /v1/health', headers: {} };
  const sender = someSender(random);
  const { rawBody, encoding } = someRawBody(random, seed);
  const headers = Object.entries({
    authorization: someAuthorization(random, sender),
    'content-type': random.chance(0.85) ? 'application/json' : oneOf(random, contentTypes),
    'content-encoding': random.chance(0.97) ? encoding : oneOf(random, encodings),
    'x-signature': someSignature(random, sender, rawBody),
  }).filter((header): header is [string, string] => header[1] !== undefined);
  return {
    routeKey: random.pick(['POST /v1/identify', 'POST /v1/batch', 'POST /v1/import/']),
    ...(!random.chance(0.003) && someForm(random, rawBody)),
    headers: { ...Object.fromEntries(headers), ...someTrace(random) },
  };
}

function someSender(random: Random): Sender {
  const dice = random.next();
  if (dice < 0.02) return DISABLED;
  return dice < 0.05 ? CUSTOM : random.pick(ACTIVE);
}

function oneOf<T>(random: Random, choices: readonly T[]): T | undefined {
  return choices[random.int(choices.length)];
}

/** The bytes of a body, and the value of content-encoding. */
function someRawBody(
  random: Random,
  seed: number,
): { rawBody: Buffer; encoding: string | undefined } {
  const dice = random.next();
  if (dice < 0.0001) return { rawBody: BOMB, encoding: 'gzip' };
  if (dice < 0.0002) return { rawBody: TOO_LARGE, encoding: undefined };
  if (dice < 0.02) return { rawBody: noise(random), encoding: random.pick([undefined, 'gzip']) };
  const text = Buffer.from(someBody(random, seed));
  const marked = random.chance(0.02) ? Buffer.concat([BYTE_ORDER_MARK, text]) : text;
  const body = random.chance(0.08) ? damage(random, marked) : marked;
  if (random.chance(0.9)) return { rawBody: body, encoding: undefined };
  const zipped = gzipSync(body, { level: 1 });
  return { rawBody: random.chance(0.15) ? damage(random, zipped) : zipped, encoding: 'gzip' };
}

/** Cuts bytes off, flips a bit, or adds bytes at the end. */
function damage(random: Random, bytes: Buffer): Buffer {
  const at = random.int(Math.max(bytes.length, 1));
  switch (random.int(3)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes, noise(random)]);
    default: {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.int(8));
      return copy;
    }
  }
}

/** API Gateway gives text as it is and all else in base64; a wrong flag must do no harm. */
function someForm(random: Random, rawBody: Buffer): { body: string; isBase64Encoded: boolean } {
  if (random.chance(0.01)) return { body: rawBody.toString('utf8'), isBase64Encoded: true };
  if (random.chance(0.01)) return { body: rawBody.toString('base64'), isBase64Encoded: false };
  const isText = random.chance(0.6) && rawBody.equals(Buffer.from(rawBody.toString('utf8')));
  return { body: rawBody.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function someAuthorization(random: Random, { apiKey }: Sender): string | undefined {
  const basic = (user: string) => Buffer.from(user).toString('base64');
  if (random.chance(0.5)) return `Basic ${basic(`${apiKey}:`)}`;
  if (random.chance(0.9)) return `Bearer ${apiKey}`;
  return random.pick([
    undefined,
    '',
    'Bearer',
    apiKey,
    `bearer   ${apiKey} `,
    `BASIC ${basic(`${apiKey}:password-of-the-fuzzer`)}`,
    `Basic ${basic(apiKey)}`,
    `Basic ${basic(':')}`,
    `Bearer ${apiKey.slice(1)}`,
    `Bearer ${apiKey} trailing-words`,
    `Basic ${apiKey}`,
    'Digest username="fuzzer-user"',
    `Bearer ${'unknown-key-'.repeat(400)}`,
    'Bearer __proto__',
  ]);
}

/** A trace that is not valid: nothing of it may be stored or logged. */
function someTrace(random: Random): { traceparent?: string } {
  if (random.chance(0.9)) return {};
  const traceId = 'fuzzer-trace-id-of-32-characters';
  return {
    traceparent: random.pick([
      `00-${traceId}-0123456789abcdef-01`,
      `00-${'f0'.repeat(16)}-0123456789abcdef-01,${traceId}`,
      `01-${'f0'.repeat(16)}-0123456789abcdef-01${traceId}`,
      traceId,
    ]),
  };
}

function someSignature(random: Random, sender: Sender, rawBody: Buffer): string | undefined {
  const { sharedSecret } = sender;
  if (sharedSecret === undefined) return random.chance(0.98) ? undefined : 'unasked-signature';
  const right = signatureOf(sharedSecret, rawBody);
  if (random.chance(0.9)) return random.chance(0.9) ? right : right.toUpperCase();
  return random.pick([undefined, '', right.slice(1), `0${right}`, right.replace(/./, 'g'), 'ff']);
}
