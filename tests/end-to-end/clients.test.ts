import { gunzipSync } from 'node:zlib';
import { Analytics as CustomerioAnalytics } from '@customerio/cdp-analytics-node';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import * as v from 'valibot';
import { expect, inject, it } from 'vitest';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { batchResponseSchema } from '../../lib/intake/response-schemas.ts';
import { basic, send, someone, timelineOf } from './client.ts';
import { type PassingRequest, startProxy } from './proxy.ts';

const rudderBatchSchema = v.object({
  batch: v.array(v.looseObject({ type: v.string(), originalTimestamp: v.string() })),
});

it("accepts an identify from Segment's Node SDK, and ignores the track that comes with it", async () => {
  const email = someone();
  const results: unknown[] = [];
  const analytics = new Analytics({
    host: inject('apiUrl'),
    writeKey: LOCAL_API_KEY,
    httpClient: async (url, options) => {
      const response = await fetch(url, options);
      results.push(await response.clone().json());
      return response;
    },
  });
  const errors: unknown[] = [];
  analytics.on('error', (error) => errors.push(error));
  const context = { page: { url: 'https://example.com/segment' } };
  analytics.identify({ userId: 'userId123', traits: { email }, context });
  analytics.track({ userId: 'userId123', event: 'Signed up' });
  await analytics.closeAndFlush();

  expect(errors).toEqual([]);
  expect(results).toEqual([
    {
      results: [
        { status: 'accepted' },
        { status: 'ignored', code: 'type_not_identify', message: expect.any(String) },
      ],
    },
  ]);
  await expect
    .poll(() => timelineOf(email))
    .toMatchObject([{ description: 'https://example.com/segment' }]);
});

it("accepts an identify from RudderStack's Node SDK: gzip with the content type of a form, and originalTimestamp only", async () => {
  const email = someone();
  const requests: PassingRequest[] = [];
  const answers: unknown[] = [];
  const proxy = await startProxy(inject('apiUrl'), {
    onRequest: (request) => {
      requests.push(request);
      return undefined;
    },
    onAnswer: ({ body }) => {
      answers.push(JSON.parse(body));
      return undefined;
    },
  });
  const analytics = new RudderAnalytics(LOCAL_API_KEY, { dataPlaneUrl: proxy.url });
  const context = { page: { url: 'https://example.com/rudderstack' } };
  analytics.identify({ userId: 'u1', traits: { email }, context });
  analytics.track({ userId: 'u1', event: 'Signed up' });
  const failure = await new Promise<unknown>((resolve) => {
    void analytics.flush((error: unknown) => resolve(error));
  });

  await proxy.stop();

  expect(failure ?? undefined).toBeUndefined();
  const events = requests.flatMap(({ path, headers, body }) => {
    expect(path).toBe('/v1/batch');
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': expect.stringMatching(/^application\/x-www-form-urlencoded/),
    });
    return v.parse(rudderBatchSchema, JSON.parse(gunzipSync(body).toString())).batch;
  });
  expect(events.map(({ type }) => type)).toEqual(['identify', 'track']);
  for (const event of events) expect(event).not.toHaveProperty('timestamp');
  expect(answers.flatMap((answer) => v.parse(batchResponseSchema, answer).results)).toMatchObject([
    { status: 'accepted' },
    { status: 'ignored' },
  ]);
  const timestamp = events[0]?.originalTimestamp;
  await expect
    .poll(() => timelineOf(email))
    .toMatchObject([{ timestamp, description: 'https://example.com/rudderstack' }]);
});

it("accepts an identify from Customer.io's Node SDK, whose body has only the batch", async () => {
  const email = someone();
  const analytics = new CustomerioAnalytics({ host: inject('apiUrl'), writeKey: LOCAL_API_KEY });
  const requests: { url: string; headers: Record<string, string>; body: string }[] = [];
  const errors: unknown[] = [];
  analytics.on('http_request', (request) => requests.push(request));
  analytics.on('error', (error) => errors.push(error));
  const timestamp = '2026-11-20T08:00:00.000Z';
  const context = { page: { url: 'https://example.com/customerio' } };
  analytics.identify({ userId: 'u1', traits: { email }, context, timestamp });
  analytics.track({ userId: 'u1', event: 'Signed up' });
  await analytics.closeAndFlush();

  expect(errors).toEqual([]);
  expect(requests.map(({ url }) => url)).toEqual([`${inject('apiUrl')}/v1/batch`]);
  for (const { headers, body } of requests) {
    expect(headers).toMatchObject({ Authorization: basic(LOCAL_API_KEY) });
    expect(JSON.parse(body)).toEqual({ batch: [expect.anything(), expect.anything()] });
    const again = await send(body, { path: '/v1/batch' });
    expect(again.body).toMatchObject({ results: [{ status: 'duplicate' }, { status: 'ignored' }] });
  }
  await expect
    .poll(() => timelineOf(email))
    .toMatchObject([{ timestamp, description: 'https://example.com/customerio' }]);
});
