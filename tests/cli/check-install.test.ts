import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let clone: string;

/** A clone in which nothing was installed yet. */
beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'clone-'));
  await cp(join(ROOT, 'package.json'), join(clone, 'package.json'));
  await mkdir(join(clone, 'cli'));
  await cp(join(ROOT, 'cli/check-install.js'), join(clone, 'cli/check-install.js'));
});

afterAll(() => rm(clone, { recursive: true }));

function start(...nodeOptions: string[]): Promise<unknown> {
  const script = ['--import', './cli/check-install.js', 'offline/start.ts'];
  return promisify(execFile)(process.execPath, [...nodeOptions, ...script], { cwd: clone });
}

it('says to run npm ci where that was not done', async () => {
  await expect(start()).rejects.toMatchObject({
    code: 1,
    stderr: 'The dependencies are not installed. Run: npm ci\n',
  });
});

it('says how to get a Node that runs TypeScript where npm was told to run no scripts', async () => {
  await mkdir(join(clone, 'node_modules'));
  await writeFile(join(clone, 'node_modules/.package-lock.json'), '{}');
  await expect(start('--no-experimental-strip-types')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Node \S+ cannot run TypeScript\..* npm ci --ignore-scripts=false\n$/,
    ),
  });
});

it('is loaded before every script that runs TypeScript, and before the tests', async () => {
  const packageJson = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { scripts } = v.parse(v.object({ scripts: v.record(v.string(), v.string()) }), packageJson);
  const typescript = Object.values(scripts).filter((script) => /^node .*\.ts\b/.test(script));
  expect(typescript).not.toEqual([]);
  for (const script of typescript)
    expect(script).toMatch(/^node --import \.\/cli\/check-install\.js /);
  expect(scripts.pretest).toBe('node cli/check-install.js');
});
