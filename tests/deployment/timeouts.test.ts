import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ATTEMPT_LEASE_MS, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import { MAX_PAGE_MS } from '../../lib/delivery/recovery.ts';
import { DELETION_LEASE_MS, DELETION_SETTLES_AFTER_MS } from '../../lib/ledger/deletions.ts';
import { TABLE_CALL_TIMEOUT_MS } from '../../lib/runtime/dynamodb/client.ts';

/** AWS's own limits. */
const API_GATEWAY_SECONDS = 30;
const STREAM_KEEPS_SECONDS = 24 * 60 * 60;
const MINUTE_SECONDS = 60;
const UNLIMITED = -1;

const timeout = v.pipe(v.number(), v.safeInteger());
const stream = v.object({
  maximumRecordAgeInSeconds: v.pipe(v.number(), v.safeInteger()),
  maximumRetryAttempts: v.pipe(v.number(), v.safeInteger()),
});
/** AWS advises that a message is invisible for so many time-outs of the function that takes it. */
const TIMEOUTS_INVISIBLE = 6;
/** SQS allows no more. */
const MAX_RECEIVES = 1000;

const { functions } = v.parse(
  v.object({
    functions: v.object({
      identify: v.object({ timeout }),
      deliver: v.object({ timeout, events: v.tuple([v.object({ stream })]) }),
      redeliver: v.object({
        timeout,
        events: v.tuple([v.object({ schedule: v.object({ rate: v.literal('rate(1 minute)') }) })]),
      }),
      recover: v.object({ timeout }),
    }),
  }),
  parse(readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8')),
);
const { identify, deliver, redeliver, recover } = functions;
const { UndeliveredQueue } = v.parse(
  v.object({
    Resources: v.object({
      UndeliveredQueue: v.object({
        Properties: v.object({
          VisibilityTimeout: v.pipe(v.number(), v.safeInteger()),
          MessageRetentionPeriod: v.pipe(v.number(), v.safeInteger()),
          RedrivePolicy: v.object({ maxReceiveCount: v.pipe(v.number(), v.safeInteger()) }),
        }),
      }),
    }),
  }),
  parse(readFileSync(new URL('../../resources/queue.yml', import.meta.url), 'utf8')),
).Resources;

it('identify has time for three slow calls to the tables, and ends before API Gateway does', () => {
  // The workspace, what the ledger has already, the write.
  expect(identify.timeout * 1000).toBeGreaterThan(3 * TABLE_CALL_TIMEOUT_MS);
  expect(identify.timeout).toBeLessThan(API_GATEWAY_SECONDS);
});

it('a deletion is completed after every request that had begun before, by one run at a time', () => {
  expect(DELETION_SETTLES_AFTER_MS).toBeGreaterThan(1.5 * identify.timeout * 1000);
  expect(DELETION_LEASE_MS).toBeGreaterThan(1.5 * redeliver.timeout * 1000);
});

it('deliver has time for two attempts, one after the other', () => {
  expect(deliver.timeout * 1000).toBeGreaterThan(2 * MAX_ATTEMPT_MS);
});

it('redeliver has time for an attempt, and ends before the next run', () => {
  expect(redeliver.timeout * 1000).toBeGreaterThan(MAX_ATTEMPT_MS);
  expect(redeliver.timeout).toBeLessThan(MINUTE_SECONDS);
});

it('recover has time for a page of a sweep, and its message stays invisible as long as AWS advises', () => {
  expect(recover.timeout * 1000).toBeGreaterThan(MAX_PAGE_MS);
  const { VisibilityTimeout } = UndeliveredQueue.Properties;
  expect(VisibilityTimeout).toBeGreaterThanOrEqual(TIMEOUTS_INVISIBLE * recover.timeout);
});

it('a message that recover cannot handle comes again for days, and is set aside before it expires', () => {
  const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = UndeliveredQueue.Properties;
  expect(RedrivePolicy.maxReceiveCount).toBeLessThanOrEqual(MAX_RECEIVES);
  const seconds = RedrivePolicy.maxReceiveCount * VisibilityTimeout;
  expect(seconds).toBeGreaterThan(3 * STREAM_KEEPS_SECONDS);
  expect(seconds).toBeLessThan(MessageRetentionPeriod);
});

it('a lease lasts longer than an attempt', () => {
  expect(ATTEMPT_LEASE_MS).toBeGreaterThan(MAX_ATTEMPT_MS);
});

it('only the age of a record ends its tries: it goes to the queue before the stream forgets it', () => {
  const [{ stream }] = deliver.events;
  expect(stream.maximumRetryAttempts).toBe(UNLIMITED);
  expect(stream.maximumRecordAgeInSeconds).toBeLessThan(STREAM_KEEPS_SECONDS);
  // Half an hour is enough for the longest batch and for what the trigger itself needs.
  expect(stream.maximumRecordAgeInSeconds).toBeGreaterThanOrEqual(STREAM_KEEPS_SECONDS - 1800);
});
