import * as v from 'valibot';
import { describe, inject, it } from 'vitest';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { UNAVAILABLE } from '../../lib/intake/response.ts';
import { batchResponseSchema, errorResponseSchema } from '../../lib/intake/response-schemas.ts';
import { someone, timelineOf } from '../end-to-end/client.ts';
import type { ProxyResponse } from '../end-to-end/proxy.ts';
import { record } from './record.ts';
import { type Post, type Run, runProgram } from './run-program.ts';
import { nameOf, SDKS, type Sdk } from './sdks.ts';

const URL_OF_PAGE = 'https://example.com/welcome';
/** What every program prints when it is told that events were not sent. */
const NOT_SENT = 'not sent: ';

describe.each(SDKS)('$name $version', (sdk) => {
  const name = nameOf(sdk);
  const { posts = 1, wrongKey, unavailable } = sdk;
  const test = it.skipIf(name in inject('missing'));

  test('puts one interaction on the timeline, for one identify and one track', async ({
    expect,
  }) => {
    const email = someone();
    const run = await runSdk(sdk, { email });
    expect(statusesOf(run), run.output).toEqual(Array(posts).fill(200));
    expect(resultsOf(run.posts)).toEqual(['accepted', 'ignored']);
    for (const { request } of run.posts) {
      expect(request.path).toBe(sdk.path);
      expect(request.headers['content-encoding']).toBe(sdk.gzip ? 'gzip' : undefined);
    }
    expect(run).toMatchObject({ exitCode: 0, output: expect.not.stringContaining(NOT_SENT) });
    await expect.poll(() => timelineOf(email)).toMatchObject([{ description: URL_OF_PAGE }]);
    record(sdk, run.posts, email);
  });

  test(`with a wrong key posts ${wrongKey.posts} time(s), and tells the application`, async ({
    expect,
  }) => {
    const run = await runSdk(sdk, { email: someone(), apiKey: 'wrong-api-key' });
    expect(statusesOf(run), run.output).toEqual(Array(wrongKey.posts).fill(401));
    for (const { answer } of run.posts) {
      expect(v.parse(errorResponseSchema, JSON.parse(answer.body)).code).toBe('api_key_unknown');
    }
    expect(linesOf(run)).toContainEqual(expect.stringContaining(wrongKey.told));
    expect(run.exitCode).toBe(0);
  });

  test('is answered 200 for an event without email, and does not repeat it', async ({ expect }) => {
    const run = await runSdk(sdk, { email: '' });
    expect(statusesOf(run), run.output).toEqual(Array(posts).fill(200));
    expect(resultsOf(run.posts)).toEqual(['rejected', 'ignored']);
    expect(run).toMatchObject({ exitCode: 0, output: expect.not.stringContaining(NOT_SENT) });
  });

  test(`after a 503 posts ${unavailable.posts} time(s), without a second interaction`, async ({
    expect,
  }) => {
    const email = someone();
    // The service has accepted the event, but the SDK does not get its answer.
    const onAnswer = (answer: ProxyResponse, number: number) =>
      number === 0 ? UNAVAILABLE_RESPONSE : answer;
    const run = await runSdk(sdk, { email, onAnswer });
    expect(statusesOf(run), run.output).toEqual([503, ...Array(unavailable.posts - 1).fill(200)]);
    if (unavailable.posts > posts) {
      expect(resultsOf(run.posts.slice(1))).toEqual(['duplicate', 'ignored']);
    }
    const told = unavailable.told === undefined ? [] : [expect.stringContaining(unavailable.told)];
    expect(linesOf(run)).toEqual(told);
    expect(run.exitCode).toBe(0);
    await expect.poll(() => timelineOf(email)).toHaveLength(1);
  });
});

const UNAVAILABLE_RESPONSE = {
  status: 503,
  headers: { 'content-type': 'application/json', 'retry-after': '5' },
  body: JSON.stringify(UNAVAILABLE),
};

async function runSdk(
  sdk: Sdk,
  options: Partial<Parameters<typeof runProgram>[1]> & { email: string },
): Promise<Run> {
  const failure = inject('failed')[nameOf(sdk)];
  if (failure !== undefined) throw new Error(failure);
  return runProgram(sdk, { apiUrl: inject('apiUrl'), apiKey: LOCAL_API_KEY, ...options });
}

function statusesOf({ posts }: Run): number[] {
  return posts.map(({ answer }) => answer.status);
}

/** The results of all events, in the order of the program. */
function resultsOf(posts: Post[]): string[] {
  return posts
    .flatMap(({ answer }) => v.parse(batchResponseSchema, JSON.parse(answer.body)).results)
    .map(({ status }) => status);
}

/** What the application is told, without what the SDK logs. */
function linesOf({ output }: Run): string[] {
  return output.split('\n').filter((line) => line.startsWith(NOT_SENT));
}
