import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url);
type Answer = [status: number, body: object];
const GOOD: Record<string, Answer> = {
  healthy: [200, { status: 'ok' }],
  'wrong key': [401, { code: 'api_key_unknown' }],
  accepted: [200, { status: 'accepted' }],
  duplicate: [200, { status: 'duplicate' }],
  'without its timestamp': [400, { code: 'timestamp_missing', message: '…' }],
};

/** Runs the command against a service that gives these answers in turn. */
async function smoke(answers: Answer[], path = '') {
  const requests: { url: string | undefined; key: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const { url, headers } = request;
    const [status, body] = answers[requests.length] ?? [500, {}];
    requests.push({ url, key: headers.authorization, body: await text(request) });
    response.writeHead(status).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const result = await run(`http://127.0.0.1:${port}${path}`);
  server.close();
  return { ...result, requests };
}

function run(url: string): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const args = ['cli/smoke.ts', '--url', url, '--key', 'the-key'];
    const child = execFile(process.execPath, args, { cwd: ROOT }, (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
  });
}

it('is content with a service that answers as senders expect', async () => {
  const { code, out, requests } = await smoke(Object.values(GOOD));
  expect(code).toBe(0);
  expect(out).toContain('Everything is right.');
  expect(requests.map(({ url }) => url)).toEqual([
    '/v1/health?deep',
    ...Array(4).fill('/v1/identify'),
  ]);
  expect(requests.map(({ key }) => key === 'Bearer the-key')).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
  expect(requests[2]?.body).toBe(requests[3]?.body);
});

it('takes the address that senders are given', async () => {
  expect(await smoke(Object.values(GOOD), '/v1/identify')).toMatchObject({ code: 0 });
});

it.each([
  ['healthy', 503, { code: 'unhealthy' }],
  ['wrong key', 200, { status: 'accepted' }],
  ['accepted', 403, { code: 'workspace_disabled' }],
  ['duplicate', 200, { status: 'accepted' }],
  ['without its timestamp', 400, { code: 'email_missing' }],
])('names the check that fails, with what came instead: %s', async (name, status, body) => {
  const { code, out } = await smoke(Object.values({ ...GOOD, [name]: [status, body] }));
  expect(code).toBe(1);
  expect(out).toMatch(new RegExp(`FAIL .*${name}`));
  expect(out).toContain(`got ${status} ${JSON.stringify(body)}`);
  expect(out).toContain('1 checks failed.');
});

it('stops at once if nothing answers', async () => {
  const { code, out } = await run('http://127.0.0.1:1');
  expect(code).toBe(1);
  expect(out.match(/FAIL/g)).toHaveLength(1);
  expect(out).toContain('Is this the address of the service?');
});
