import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Sandbox } from '../../offline/sandbox/server.ts';
import { apiRequest } from './api-request.ts';
import { freshSandbox } from './sandbox-client.ts';

/** A part of `GET /requests`. */
interface RequestPage {
  total: number;
  matching: number;
  older?: number;
  items: { id: number; counts: object; codes: string[]; deliveries: object }[];
}

async function requestsOf(sandbox: Sandbox, query: Record<string, string> = {}) {
  const response = await fetch(`${sandbox.url}/requests?${new URLSearchParams(query)}`);
  return (await response.json()) as RequestPage;
}

async function detailOf(sandbox: Sandbox, query = '') {
  const [newest] = (await requestsOf(sandbox)).items;
  return (await fetch(`${sandbox.url}/requests/${newest?.id}${query}`)).json();
}

function interaction(name: string) {
  const [one] = apiRequest().interactions;
  if (one === undefined) throw new Error('the request has an interaction');
  return { ...one, id: `local#${name}#2026-05-31`, email: `${name}@example.com` };
}

const rejected = { status: 'rejected', code: 'email_invalid', message: 'traits.email is wrong.' };
const BATCH = apiRequest({
  path: '/v1/batch',
  body: '{"batch":[{"n":0},{"n":1},{"n":2},{"n":3}]}',
  answer: JSON.stringify({
    results: [
      { status: 'accepted' },
      rejected,
      { status: 'ignored', code: 'type_not_identify', message: 'type must be identify.' },
      { status: 'duplicate' },
    ],
  }),
  interactions: [interaction('ann'), undefined, undefined, interaction('bob')],
});

it('lists what the API answered about each event, with the codes of what was rejected', async () => {
  const sandbox = await freshSandbox();
  sandbox.requests.add(BATCH);

  const counts = { accepted: 1, rejected: 1, ignored: 1, duplicate: 1 };
  expect((await requestsOf(sandbox)).items).toMatchObject([{ counts, codes: ['email_invalid'] }]);
  expect(await detailOf(sandbox)).toMatchObject({
    events: [
      { index: 0, status: 'accepted', email: 'ann@example.com', payload: '{\n  "n": 0\n}' },
      { index: 1, ...rejected, payload: '{\n  "n": 1\n}' },
      { index: 2, status: 'ignored', code: 'type_not_identify' },
      { index: 3, status: 'duplicate', email: 'bob@example.com' },
    ],
  });
});

it.each([
  ['a rejected event', 400, '{"code":"json_invalid","message":"no"}', 'rejected', ['json_invalid']],
  ['another type of call', 501, '{"code":"type_not_identify","message":"no"}', 'ignored', []],
  ['a failure', 503, '{"code":"unavailable","message":"no"}', 'failed', ['unavailable']],
  ['an answer that nobody got', undefined, '', 'failed', ['unavailable']],
  ['a crash', 502, 'Bad Gateway', 'failed', ['unavailable']],
])('shows %s', async (_, status, answer, result, codes) => {
  const sandbox = await freshSandbox();
  sandbox.requests.add(apiRequest({ status, answer, interactions: [] }));

  const { items } = await requestsOf(sandbox);
  expect(items).toMatchObject([{ counts: { [result]: 1 }, codes }]);
  const filtered = await requestsOf(sandbox, { status: result });
  expect(filtered.matching).toBe(1);
  expect((await requestsOf(sandbox, { status: 'accepted' })).matching).toBe(0);
});

it('counts how far the accepted events are, and filters by it', async () => {
  const sandbox = await freshSandbox();
  sandbox.requests.add(BATCH);
  const progress = {
    ...{ apiKey: 'key-a', timestamp: '2026-05-31T00:00:00Z', description: '', timeZone: 'UTC' },
    ...{ attempts: 1, lastError: 'status 503', dueAt: '2026-05-31T00:01:00Z', day: '2026-05-31' },
  };
  const { id, email } = interaction('ann');
  const counts = async () => (await requestsOf(sandbox)).items[0]?.deliveries;
  expect(await counts()).toEqual({ delivered: 0, waiting: 0, dead: 0 });

  sandbox.deliveries.set(id, { ...progress, email, status: 'retrying' });
  expect(await counts()).toEqual({ delivered: 0, waiting: 1, dead: 0 });
  expect((await requestsOf(sandbox, { status: 'waiting' })).matching).toBe(1);

  sandbox.deliveries.set(id, { ...progress, email, status: 'dead' });
  expect((await requestsOf(sandbox, { status: 'dead' })).matching).toBe(1);

  sandbox.deliveries.setDelivered(id);
  expect(await counts()).toEqual({ delivered: 1, waiting: 0, dead: 0 });
  expect((await requestsOf(sandbox, { status: 'waiting' })).matching).toBe(0);
});

it('reads the delivery of an event from the ledger when somebody looks at it', async () => {
  const delivery = {
    status: 'retrying',
    attempts: 2,
    lastError: 'status 503',
    dueAt: '2026-05-31T18:00:00Z',
    settledAt: undefined,
  } as const;
  const asked: string[] = [];
  const readDelivery = async (id: string) => {
    asked.push(id);
    return delivery;
  };
  const sandbox = await freshSandbox({ readDelivery });
  sandbox.requests.add(apiRequest());
  await requestsOf(sandbox);
  expect(asked).toEqual([]);

  const { settledAt: _, ...shown } = delivery;
  expect(await detailOf(sandbox)).toMatchObject({ events: [{ delivery: shown }] });
  expect(asked).toEqual(['local#key-of-peter#2026-05-31']);
});

it('shows 25 events of a large batch at a time', async () => {
  const sandbox = await freshSandbox();
  const results = Array.from({ length: 60 }, () => ({ status: 'duplicate' }));
  const answer = JSON.stringify({ results });
  sandbox.requests.add(apiRequest({ answer, interactions: [] }));

  expect(await detailOf(sandbox)).toMatchObject({ nextFrom: 25 });
  const last = (await detailOf(sandbox, '?from=50')) as { events: object[]; nextFrom?: number };
  expect(last.events).toMatchObject(Array.from({ length: 10 }, (_, i) => ({ index: 50 + i })));
  expect(last.nextFrom).toBeUndefined();
});

it.each([
  'V1/BATCH',
  'analytics-Ruby',
  'Email_Invalid',
  'traits.email is',
  'ann@example',
  '(anonymous)',
  '502',
])('finds a request by %s', async (search) => {
  const sandbox = await freshSandbox();
  sandbox.requests.add(
    apiRequest({
      ...BATCH,
      userAgent: 'analytics-ruby/2.5.0',
      body: '{"anonymousId":"(Anonymous)"}',
      status: search === '502' ? 502 : 200,
    }),
  );
  sandbox.requests.add(apiRequest());

  expect(await requestsOf(sandbox, { search })).toMatchObject({ total: 2, matching: 1 });
});

it('keeps the last 5,000 requests, and reaches all of them', async () => {
  const sandbox = await freshSandbox();
  for (let n = 0; n < 5100; n += 1) sandbox.requests.add(apiRequest({ path: `/v1/batch?n=${n}&` }));

  const ids = new Set<number>();
  let page = await requestsOf(sandbox);
  expect(page).toMatchObject({ total: 5000, matching: 5000 });
  for (const { id } of page.items) ids.add(id);
  while (page.older !== undefined) {
    page = await requestsOf(sandbox, { before: String(page.older) });
    for (const { id } of page.items) ids.add(id);
  }
  expect(ids.size).toBe(5000);
  expect(await requestsOf(sandbox, { search: '?n=99&' })).toMatchObject({ matching: 0 });
  expect(await requestsOf(sandbox, { search: '?n=5099&' })).toMatchObject({ matching: 1 });
});

it('keeps at most 32 MB of contents, and the summaries of all requests', async () => {
  const sandbox = await freshSandbox();
  const body = JSON.stringify({ filler: 'x'.repeat(1024 * 1024) });
  for (let n = 0; n < 40; n += 1) sandbox.requests.add(apiRequest({ body }));

  expect(await requestsOf(sandbox)).toMatchObject({ total: 40 });
  expect(await requestsOf(sandbox, { search: 'filler' })).toMatchObject({ matching: 31 });
  const oldest = (await requestsOf(sandbox)).items.at(-1);
  const detail = await (await fetch(`${sandbox.url}/requests/${oldest?.id}`)).json();
  expect(detail).toMatchObject({ isKept: false, counts: { accepted: 1 } });
});

it('writes a curl command that sends the same body with a placeholder for the key', async () => {
  const received: unknown[] = [];
  const api = createServer(async (request, response) => {
    const { authorization, 'content-type': type } = request.headers;
    received.push({ authorization, type, url: request.url, body: await text(request) });
    response.end('{}');
  }).listen(0);
  const apiUrl = `http://localhost:${(api.address() as AddressInfo).port}`;
  const sandbox = await freshSandbox({ apiUrl });
  const body = `{"traits":{"name":"O'Brien $HOME \\"x\\" \\n 漢"}}`;
  sandbox.requests.add(apiRequest({ path: '/v1/batch?dryRun=true', body }));

  const { curl } = (await detailOf(sandbox)) as { curl: string };
  const { stdout } = await promisify(execFile)('sh', ['-c', `${curl} -s`]);

  expect(stdout).toMatch(/^HTTP\/1.1 200 OK/);
  expect(received).toEqual([
    {
      authorization: `Basic ${btoa('YOUR_API_KEY:')}`,
      type: 'application/json',
      url: '/v1/batch?dryRun=true',
      body,
    },
  ]);
  api.close();
});

it('names a file for a body that is too long for a command, and downloads it', async () => {
  const sandbox = await freshSandbox();
  const body = JSON.stringify({ filler: 'x'.repeat(200_000) });
  sandbox.requests.add(apiRequest({ body }));
  const { id, curl } = (await detailOf(sandbox)) as { id: number; curl: string };

  expect(curl).toContain(`--data-binary @request-${id}.json`);
  const download = await fetch(`${sandbox.url}/requests/${id}/body`);
  expect(download.headers.get('content-disposition')).toContain(`request-${id}.json`);
  expect(await download.text()).toBe(body);
});
