import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { expect, inject, it, vi } from 'vitest';
import { operate, recommended, someone, timelineOf } from './client.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const delivered = { timeout: 60_000, interval: 20 };

/** Adds a workspace and returns its API key. */
async function addWorkspace(): Promise<string> {
  const answer = await operate({ command: 'workspace.add', name: 'import' });
  return v.parse(v.object({ apiKey: v.string() }), answer).apiKey;
}

/** Runs the command as a user does. */
function send(file: string, apiKey: string, ...options: string[]) {
  const args = ['cli/send.ts', file, '--url', inject('apiUrl'), ...options];
  const env = { ...process.env, API_KEY: apiKey };
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env }, (error, out, err) => {
      resolve({ code: error?.code ?? 0, out, err });
    });
  });
}

it('imports a history, and run again leaves the timelines as they are', async () => {
  const apiKey = await addWorkspace();
  const [anna, ben] = [someone(), someone()];
  const day = (date: string, url: string) => ({ timestamp: `${date}T08:00:00Z`, page: { url } });
  const file = join(await mkdtemp(join(tmpdir(), 'send-')), 'history.ndjson');
  await writeFile(
    file,
    [
      JSON.stringify(recommended(anna, day('2020-05-30', 'https://example.com/1'))),
      JSON.stringify(recommended(anna, day('2020-05-31', 'https://example.com/2'))),
      JSON.stringify(recommended(anna, day('2020-05-31', 'https://example.com/3'))),
      '',
      JSON.stringify({ type: 'track', event: 'Signed up' }),
      JSON.stringify(recommended('nobody')),
      '{"type":"identify","traits":{',
      JSON.stringify(recommended(ben, day('2020-05-31', 'https://example.com/4'))),
    ].join('\r\n'),
  );
  const rejected =
    'line 6: traits.email must be one email address such as name@example.com. (email_invalid)\n' +
    'line 7: The line is not valid JSON. (json_invalid)\n';

  const would = `${rejected}3 accepted, 1 duplicate, 1 ignored, 2 rejected\n`;
  expect(await send(file, apiKey, '--dry-run')).toMatchObject({ code: 1, out: would });
  expect(await send(file, apiKey)).toEqual({
    code: 1,
    out: would,
    err: '',
  });
  const timelines = () => Promise.all([anna, ben].map((email) => timelineOf(email, { apiKey })));
  await vi.waitFor(async () => expect((await timelines()).flat()).toHaveLength(3), delivered);
  const before = await timelines();
  expect(before.map((one) => one.map(({ description }) => description))).toEqual([
    ['https://example.com/2', 'https://example.com/1'],
    ['https://example.com/4'],
  ]);

  expect(await send(file, apiKey)).toEqual({
    code: 1,
    out: `${rejected}0 accepted, 4 duplicate, 1 ignored, 2 rejected\n`,
    err: '',
  });
  expect(await timelines()).toEqual(before);
});
