import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../lib/intake/decode-body.ts';
import { rejected } from './rejected.ts';

const TEXT = '{"email":"jörg@example.com"}';
const RAW_BODY = Buffer.from(TEXT);
const PACKED_BYTES = gzipSync(RAW_BODY).length;
const FIVE_MB = 5 * 1024 * 1024;
const JSON_TYPE = 'application/json';

describe('a content type', () => {
  it.each([
    ['none', undefined],
    ['JSON', 'application/json'],
    ['JSON with a charset', 'application/json; charset=utf-8'],
    ['JSON in any casing, with space', ' Application/JSON ;charset=UTF-8'],
    ['a kind of JSON', 'application/vnd.api+json'],
    ["RudderStack's form", 'application/x-www-form-urlencoded'],
    ["a beacon's plain text", 'text/plain;charset=UTF-8'],
  ])('is taken when it is %s', (_what, contentType) => {
    expect(decodeBody(RAW_BODY, contentType, undefined)).toBe(TEXT);
  });

  it.each([
    'text/html',
    'application/xml',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-seq',
    'application/+json',
    'text/json-or-so',
    'image/png; application/json',
  ])('is rejected when it is neither JSON nor what SDKs really send: %s', (contentType) => {
    expect(() => decodeBody(RAW_BODY, contentType, undefined)).toThrow(
      rejected('content_type_unsupported'),
    );
  });
});

describe('a content encoding', () => {
  it.each([undefined, '', 'identity', ' Identity '])('"%s" is none', (encoding) => {
    expect(decodeBody(RAW_BODY, JSON_TYPE, encoding)).toBe(TEXT);
  });

  it.each(['gzip', 'GZIP', ' gzip ', 'x-gzip'])('"%s" is unpacked', (encoding) => {
    expect(decodeBody(gzipSync(RAW_BODY), JSON_TYPE, encoding)).toBe(TEXT);
  });

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip', 'compress'])('%s is rejected', (encoding) => {
    expect(() => decodeBody(gzipSync(RAW_BODY), JSON_TYPE, encoding)).toThrow(
      rejected('content_encoding_unsupported'),
    );
  });

  it.each([
    ['plain text', RAW_BODY],
    ['nothing', Buffer.alloc(0)],
    ['cut short', gzipSync(RAW_BODY).subarray(0, -4)],
    ['broken in its middle', gzipSync(RAW_BODY).fill(0xff, 12, 20)],
    ['with a wrong checksum', gzipSync(RAW_BODY).fill(0, PACKED_BYTES - 8, PACKED_BYTES - 4)],
    ['gone through UTF-8', Buffer.from(gzipSync(RAW_BODY).toString('utf8'))],
  ])('gzip is rejected when the body is %s', (_what, rawBody) => {
    expect(() => decodeBody(rawBody, JSON_TYPE, 'gzip')).toThrow(rejected('gzip_invalid'));
  });
});

describe('a body over 5 MB', () => {
  it('is taken at exactly 5 MB, packed or not', () => {
    const rawBody = Buffer.alloc(FIVE_MB, ' ');

    expect(decodeBody(rawBody, JSON_TYPE, undefined)).toHaveLength(FIVE_MB);
    expect(decodeBody(gzipSync(rawBody), JSON_TYPE, 'gzip')).toHaveLength(FIVE_MB);
  });

  it.each([
    ['as it is', Buffer.alloc(FIVE_MB + 1, ' '), undefined],
    ['once unpacked', gzipSync(Buffer.alloc(FIVE_MB + 1, ' ')), 'gzip'],
    ['once unpacked, as a bomb of 100 times that', gzipSync(Buffer.alloc(100 * FIVE_MB)), 'gzip'],
    ['before it is unpacked', Buffer.alloc(FIVE_MB + 1), 'gzip'],
  ])('is rejected %s', (_how, rawBody, encoding) => {
    expect(() => decodeBody(rawBody, JSON_TYPE, encoding)).toThrow(rejected('body_too_large'));
  });
});

describe('text', () => {
  it('loses its byte-order mark', () => {
    expect(decodeBody(Buffer.from(`\ufeff${TEXT}`), JSON_TYPE, undefined)).toBe(TEXT);
  });

  it.each([
    ['Latin-1', Buffer.from(TEXT, 'latin1')],
    ['UTF-16', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
    ['UTF-8 cut inside a character', Buffer.from('{"a":"ö').subarray(0, -1)],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ])('is rejected when it is %s', (_what, rawBody) => {
    expect(() => decodeBody(rawBody, JSON_TYPE, undefined)).toThrow(rejected('utf8_invalid'));
  });
});
