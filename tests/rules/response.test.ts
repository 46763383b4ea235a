import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Rejection } from '../../lib/event/rejection.ts';
import type { EventResult } from '../../lib/intake/accept.ts';
import {
  NOT_FOUND,
  toBatchResponse,
  toResult,
  UNAVAILABLE,
  UNHEALTHY,
} from '../../lib/intake/response.ts';
import {
  batchResponseSchema,
  errorResponseSchema,
  singleResponseSchema,
} from '../../lib/intake/response-schemas.ts';

const key = { contact: 'acme#c', day: '2020-05-31' };
const interaction = {
  email: 'a@b.co',
  timestamp: '2020-05-31T17:55:47.263Z',
  day: '2020-05-31',
  description: 'https://example.com',
  format: 'recommended',
} as const;
const accepted: EventResult = { status: 'accepted', key, interaction };
const duplicate: EventResult = { status: 'duplicate', key, interaction };
const ignored: EventResult = { status: 'ignored', rejection: new Rejection('type_not_identify') };
const rejected: EventResult = { status: 'rejected', rejection: new Rejection('email_missing') };
const asRead = {
  format: 'recommended',
  day: '2020-05-31',
  timeZone: 'Europe/Berlin',
  description: 'https://example.com',
};
const emailMissing = { code: 'email_missing', message: new Rejection('email_missing').message };

describe('the response to one event', () => {
  it.each(['accepted', 'duplicate'] as const)('is only its status: %s', (status) => {
    const result = toResult({ status, key, interaction });
    expect(result).toStrictEqual({ status });
    expect(v.parse(singleResponseSchema, result)).toEqual(result);
  });

  it.each(['accepted', 'duplicate'] as const)(
    'tells in a dry run how it was read: %s',
    (status) => {
      const result = toResult({ status, key, interaction }, { timeZone: 'Europe/Berlin' });
      expect(result).toStrictEqual({ status, ...asRead });
      expect(v.parse(singleResponseSchema, result)).toEqual(result);
    },
  );

  it.each(['ignored', 'rejected'] as const)('says why it is %s', (status) => {
    const rejection = new Rejection('email_missing');
    const result = toResult({ status, rejection }, { timeZone: 'UTC' });
    expect(result).toStrictEqual({ status, ...emailMissing });
  });
});

describe('the response to a deletion message', () => {
  const found = { addresses: 1, interactions: 2 };

  it('says what it deletes, and what stays in Nat', () => {
    const result = toResult({ status: 'deleting', user: 'u', found });
    expect(result).toStrictEqual({ status: 'deleting', message: expect.any(String) });
    expect(result.message).toMatch(/^This deletes every interaction .* Nat: delete it there\.$/);
    expect(v.parse(singleResponseSchema, result)).toEqual(result);
  });

  it('says in a dry run what it would delete, and how much', () => {
    const result = toResult({ status: 'deleting', user: 'u', found }, { timeZone: 'UTC' });
    expect(result).toStrictEqual({ status: 'deleting', message: expect.any(String), ...found });
    expect(result.message).toMatch(
      /^This would delete every interaction .* Nat: delete it there\.$/,
    );
    expect(v.parse(singleResponseSchema, result)).toEqual(result);
  });
});

describe('the response to a batch', () => {
  const all = [accepted, duplicate, ignored, rejected];

  it.each(['batch', 'array'] as const)('has one result per event, in order: %s', (form) => {
    const { status, body } = toBatchResponse(form, all);
    expect(status).toBe(200);
    expect(body).toStrictEqual({ results: all.map((result) => toResult(result)) });
    expect(v.parse(batchResponseSchema, body)).toEqual(body);
  });

  it('tells in a dry run how each event was read', () => {
    const { body } = toBatchResponse('batch', all, { timeZone: 'Europe/Berlin' });
    expect(body.results[0]).toStrictEqual({ status: 'accepted', ...asRead });
    expect(v.parse(batchResponseSchema, body)).toEqual(body);
  });

  it('is 400 for an array of which every event is rejected, with the reason of the first', () => {
    const wrong: EventResult = { status: 'rejected', rejection: new Rejection('email_invalid') };
    const { status, body } = toBatchResponse('array', [rejected, wrong]);
    expect(status).toBe(400);
    expect(body).toStrictEqual({
      ...emailMissing,
      results: [rejected, wrong].map((r) => toResult(r)),
    });
    expect(v.parse(batchResponseSchema, body)).toEqual(body);
  });

  it.each([
    ['a batch of which every event is rejected', 'batch', [rejected]],
    ['an empty array', 'array', []],
    ['an array of which one event is not rejected', 'array', [rejected, ignored]],
  ] as const)('is 200 for %s', (_what, form, results) => {
    expect(toBatchResponse(form, [...results]).status).toBe(200);
  });
});

describe('the response to a request without events', () => {
  it.each([
    ['not_found', NOT_FOUND, '/v1/identify'],
    ['unavailable', UNAVAILABLE, 'sending all of them again is safe'],
    ['unhealthy', UNHEALTHY, 'the logs of identify say which'],
  ])('has a code and a sentence: %s', (code, response, advice) => {
    expect(v.parse(errorResponseSchema, response)).toEqual(response);
    expect(response.code).toBe(code);
    expect(response.message).toContain(advice);
  });
});
