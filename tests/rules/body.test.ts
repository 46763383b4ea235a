import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeBody, readBody, rejectLargeEvent } from '../../lib/intake/body.ts';
import { rejected } from './rejected.ts';

const TEXT = '{"email":"jörg@example.com"}';
const WIRE = Buffer.from(TEXT);
const PACKED_BYTES = gzipSync(WIRE).length;
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
    expect(decodeBody(WIRE, contentType, undefined)).toBe(TEXT);
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
  ])('is 415 when it is neither JSON nor what SDKs really send: %s', (contentType) => {
    expect(() => decodeBody(WIRE, contentType, undefined)).toThrow(
      rejected(415, 'content-type: expected application/json'),
    );
  });
});

describe('a content encoding', () => {
  it.each([undefined, '', 'identity', ' Identity '])('"%s" is none', (encoding) => {
    expect(decodeBody(WIRE, JSON_TYPE, encoding)).toBe(TEXT);
  });

  it.each(['gzip', 'GZIP', ' gzip ', 'x-gzip'])('"%s" is unpacked', (encoding) => {
    expect(decodeBody(gzipSync(WIRE), JSON_TYPE, encoding)).toBe(TEXT);
  });

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip', 'compress'])('%s is 415', (encoding) => {
    expect(() => decodeBody(gzipSync(WIRE), JSON_TYPE, encoding)).toThrow(
      rejected(415, 'content-encoding: expected gzip or none'),
    );
  });

  it.each([
    ['plain text', WIRE],
    ['nothing', Buffer.alloc(0)],
    ['cut short', gzipSync(WIRE).subarray(0, -4)],
    ['broken in its middle', gzipSync(WIRE).fill(0xff, 12, 20)],
    ['with a wrong checksum', gzipSync(WIRE).fill(0, PACKED_BYTES - 8, PACKED_BYTES - 4)],
    ['gone through UTF-8', Buffer.from(gzipSync(WIRE).toString('utf8'))],
  ])('gzip is 400 when the body is %s', (_what, wire) => {
    expect(() => decodeBody(wire, JSON_TYPE, 'gzip')).toThrow(
      rejected(400, /^body: expected gzip, as content-encoding says, got other bytes$/),
    );
  });
});

describe('a body over 5 MB', () => {
  it('is taken at exactly 5 MB, packed or not', () => {
    const wire = Buffer.alloc(FIVE_MB, ' ');

    expect(decodeBody(wire, JSON_TYPE, undefined)).toHaveLength(FIVE_MB);
    expect(decodeBody(gzipSync(wire), JSON_TYPE, 'gzip')).toHaveLength(FIVE_MB);
  });

  it.each([
    ['as it is', Buffer.alloc(FIVE_MB + 1, ' '), undefined],
    ['once unpacked', gzipSync(Buffer.alloc(FIVE_MB + 1, ' ')), 'gzip'],
    ['once unpacked, as a bomb of 100 times that', gzipSync(Buffer.alloc(100 * FIVE_MB)), 'gzip'],
    ['before it is unpacked', Buffer.alloc(FIVE_MB + 1), 'gzip'],
  ])('is 413 %s', (_how, wire, encoding) => {
    expect(() => decodeBody(wire, JSON_TYPE, encoding)).toThrow(
      rejected(413, 'body: expected at most 5 MB'),
    );
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
  ])('is 400 when it is %s', (_what, wire) => {
    expect(() => decodeBody(wire, JSON_TYPE, undefined)).toThrow(
      rejected(400, 'body: expected UTF-8 text'),
    );
  });
});

describe('the three bodies', () => {
  const event = { type: 'identify' };
  const events = (count: number) => Array.from({ length: count }, () => event);

  it.each([
    ['one event', event, { single: true, events: [event] }],
    ['{"batch": […]}', { batch: [event, 5], sentAt: 'x' }, { single: false, events: [event, 5] }],
    [
      '{"Batch": […]}, as field names match in any casing',
      { Batch: [event] },
      { single: false, events: [event] },
    ],
    ['[event, …]', [event, null], { single: false, events: [event, null] }],
    ['a batch of one, which still is a batch', [event], { single: false, events: [event] }],
    ['a batch of none', { batch: [] }, { single: false, events: [] }],
    ['what is no event, for the parser of events to refuse', 'x', { single: true, events: ['x'] }],
    ['null', null, { single: true, events: [null] }],
  ])('%s', (_what, json, body) => {
    expect(readBody(json)).toEqual(body);
  });

  it.each([{ batch: {} }, { batch: 'x' }, { batch: null }])('%j is 400', (json) => {
    expect(() => readBody(json)).toThrow(
      rejected(
        400,
        /^batch: expected an array of events, got (?:an object|a string of length 1|null)$/,
      ),
    );
  });

  it('takes 4,000 events', () => {
    expect(readBody(events(4000)).events).toHaveLength(4000);
    expect(readBody({ batch: events(4000) }).events).toHaveLength(4000);
  });

  it('is 413 with 4,001', () => {
    const tooMany = rejected(413, 'batch: expected at most 4,000 events, got 4001');

    expect(() => readBody(events(4001))).toThrow(tooMany);
    expect(() => readBody({ batch: events(4001) })).toThrow(tooMany);
  });
});

describe('an event over 32 KB', () => {
  const LIMIT = 32 * 1024;
  const sized = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });

  it('is taken at exactly 32 KB', () => {
    expect(JSON.stringify(sized(LIMIT))).toHaveLength(LIMIT);

    expect(() => rejectLargeEvent(sized(LIMIT))).not.toThrow();
  });

  it('is 413 with one byte more', () => {
    expect(() => rejectLargeEvent(sized(LIMIT + 1))).toThrow(
      rejected(413, `the event: expected at most 32 KB, got ${LIMIT + 1} bytes`),
    );
  });

  it('is counted in bytes, not in characters', () => {
    const umlauts = { a: 'ö'.repeat(LIMIT / 2) };
    expect(JSON.stringify(umlauts).length).toBeLessThan(LIMIT);

    expect(() => rejectLargeEvent(umlauts)).toThrow(rejected(413, 'at most 32 KB'));
  });
});
