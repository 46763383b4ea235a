import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

function trace(input: string) {
  const args = ['cli/trace.ts', '--maps', folder];
  return spawnSync(process.execPath, args, { input, encoding: 'utf8' }).stdout;
}

it('names the line of the source in place of the position in a bundle', () => {
  const source = 'export function fail(name: string) {\n  throw new Error(name);\n}\n';
  buildSync({
    stdin: { contents: source, sourcefile: 'lib/fail.ts', loader: 'ts' },
    outfile: join(folder, 'functions/identify.js'),
    bundle: true,
    minify: true,
    format: 'cjs',
    sourcemap: 'external',
  });
  const bundle = spawnSync(
    process.execPath,
    ['-e', `require(${JSON.stringify(join(folder, 'functions/identify.js'))}).fail('x')`],
    { encoding: 'utf8' },
  ).stderr;
  const position = /identify\.js:(\d+:\d+)\)/.exec(bundle)?.[1];
  expect(trace(`Error: x\n    at r (/var/task/functions/identify.js:${position})\n`)).toMatch(
    /^Error: x\n {4}at r \(.*lib\/fail\.ts:2:9\)\n$/,
  );
});

it('leaves everything else as it is', () => {
  const input =
    'Error: x\n    at other (node:internal/x:1:2)\n    at /var/task/functions/none.js:1:1\n';
  expect(trace(input)).toBe(input);
});
