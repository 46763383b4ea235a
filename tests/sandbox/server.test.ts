import { expect, it } from 'vitest';
import { startSandbox } from '../../offline/sandbox/server.ts';
import { freshSandbox, identify, recommended, setFault } from './sandbox-client.ts';

it('gives its port and address', async () => {
  const sandbox = await freshSandbox();

  expect(sandbox.port).toBeGreaterThan(0);
  expect(sandbox.url).toBe(`http://localhost:${sandbox.port}`);
});

it('rejects with the original error when the port is taken', async () => {
  const { port } = await freshSandbox();

  await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE', port });
});

it('close ends open streams and delayed calls, frees the port, and may be called twice', async () => {
  const sandbox = await freshSandbox();
  await setFault(sandbox, { delayMs: 60_000 });
  const waiting = expect(identify(sandbox, recommended())).rejects.toThrow('fetch failed');
  const stream = await fetch(`${sandbox.url}/stream`);
  const ended = expect(stream.text()).rejects.toThrow('terminated');

  await sandbox.close();
  await sandbox.close();

  await ended;
  await waiting;
  await freshSandbox({ port: sandbox.port });
});

it('serves a page that may load only its own files, and serves all of them', async () => {
  const sandbox = await freshSandbox();
  const page = await fetch(sandbox.url);
  const html = await page.text();

  const policy = page.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, file]) => file);
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    expect((await fetch(new URL(file ?? '', sandbox.url))).status, file).toBe(200);
  }
});

it('serves no other file of its folders', async () => {
  const sandbox = await freshSandbox();

  for (const path of [
    '/server.ts',
    '/index.html',
    '/pages/index.html',
    '/..%2f..%2fpackage.json',
  ]) {
    const answer = await fetch(sandbox.url + path);
    expect(answer.status, path).toBe(404);
    expect(await answer.json()).toEqual({ message: 'not found' });
  }
});
