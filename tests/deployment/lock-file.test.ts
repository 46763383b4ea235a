import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, it } from 'vitest';

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const { packages } = v.parse(
  v.object({ packages: v.record(v.string(), v.object({ integrity: v.optional(v.string()) })) }),
  JSON.parse(text),
);

it('the lock file has the hash of every package, also of those for other platforms', () => {
  const installed = Object.entries(packages).filter(([path]) => path !== '');
  expect(installed.length).toBeGreaterThan(500);
  const without = installed.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'));
  expect(without.map(([path]) => path)).toEqual([]);
});

it('the lock file names no registry: npm asks the one of whoever installs', () => {
  expect(text).not.toContain('"resolved"');
});
