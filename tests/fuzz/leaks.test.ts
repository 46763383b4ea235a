import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logger, report } from '../../functions/telemetry.ts';
import { leaksIn } from './leaks.ts';
import { type CapturedOutput, captureOutput } from './output.ts';

const ADDRESS = 'peter.pan@neverland.example';
const BODY = JSON.stringify({
  type: 'identify',
  timestamp: '2020-05-31T17:55:47.263Z',
  traits: { email: ADDRESS, favouriteColour: 'ultramarine' },
  page: { url: 'https://neverland.example/lagoon' },
});
const KEY = 'k3y-of-a-workspace';
const basic = Buffer.from(`${KEY}:`).toString('base64');
const REQUEST = { routeKey: 'POST /v1/identify', headers: { authorization: `Basic ${basic}` } };
const SENT = { ...REQUEST, body: BODY };

describe('the search for leaks', () => {
  it.each([
    ['an address', `{"message":"accepted","email":"${ADDRESS}"}`],
    ['an address in another casing', `{"email":"${ADDRESS.toLowerCase()}"}`],
    ['a part of an address', '{"error":"wrong domain: neverland"}'],
    ['a url', '{"error":"cannot read https://neverland.example/lagoon"}'],
    ['a name that the service does not know', '{"message":"favouriteColour: unexpected"}'],
    ['the value of a field that nobody reads', '{"traits":"ultramarine"}'],
    ['an API key', `{"workspace":"${KEY}"}`],
    ['the header with the API key', `{"authorization":"Basic ${basic}"}`],
    ['a few characters that a parser quotes', '{"error":"Unexpected token in \\"eter.pan@n\\""}'],
    ['an address in place of a contact key', `{"contact":"ws-01#${ADDRESS}","day":"2020-05-31"}`],
  ])('finds %s', (_what, line) => {
    expect(leaksIn(line, SENT)).not.toEqual([]);
  });

  it('finds it if the body was compressed', () => {
    const body = gzipSync(BODY).toString('base64');
    const headers = { ...REQUEST.headers, 'content-encoding': 'gzip' };

    expect(leaksIn(ADDRESS, { ...REQUEST, headers, body, isBase64Encoded: true })).not.toEqual([]);
  });

  it('finds it in a body that is not JSON', () => {
    const body = BODY.slice(0, -1);

    expect(leaksIn(`"${ADDRESS}"`, { ...SENT, body })).not.toEqual([]);
  });

  it("ignores the service's own words", () => {
    const lines = [
      `{"message":"accepted","contact":"ws-01#${'k'.repeat(43)}","day":"2020-05-31"}`,
      '{"message":"timestamp: expected an instant such as 2020-05-31T17:55:47.263Z"}',
      '{"message":"type: Nat only accepts identify calls"}',
    ];

    expect(leaksIn(lines.join('\n'), SENT)).toEqual([]);
  });
});

describe('the captured output', () => {
  let output: CapturedOutput;
  beforeEach(() => {
    output = captureOutput();
  });
  afterEach(() => output.end());

  it('contains what the logger and the metrics print', () => {
    logger.warn('planted', { email: ADDRESS });
    report('debug', 'hidden', {}, { 'format_https://neverland.example/lagoon': 1 });

    const leaks = leaksIn(output.take(), SENT);

    expect(leaks).toContain(ADDRESS.slice(0, 8));
    expect(leaks).toContain('e/lagoon');
  });
});
