import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { SDKS, type Sdk } from './sdks.ts';

const PAGE = read('../../docs/senders.md');
const ROW = /^\| \[([^\]]+)\]\(#[\w-]+\) \| (\d[\d., ]*) \| (.+) \|$/gm;
const packageSchema = v.object({ version: v.string() });

it.each([...new Set(SDKS.map(({ program }) => program))])(
  'docs/senders.md shows programs/%s as it is run',
  (program) => {
    const snippets = [...PAGE.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code);
    expect(snippets).toContain(read(`programs/${program}`));
  },
);

it.each(SDKS)('docs/senders.md tells how to install $package', ({ name, package: installed }) => {
  expect(sectionOf(name)).toContain(installed);
});

it('docs/senders.md lists each SDK with the versions and the notes of the table', () => {
  const rows = [...PAGE.matchAll(ROW)].map(([, name, versions, notes]) => [name, versions, notes]);
  const byName = Map.groupBy(SDKS, ({ name }) => name);
  expect(rows).toEqual(
    [...byName].map(([name, sdks]) => [
      name,
      sdks.map(({ version }) => version).join(', '),
      sdks[0]?.notes,
    ]),
  );
});

it.each(SDKS.filter(({ language }) => language === 'Node'))(
  'the version of $package is the one that npm ci installs',
  ({ package: installed, version }: Sdk) => {
    const manifest: unknown = JSON.parse(read(`../../node_modules/${installed}/package.json`));
    expect(v.parse(packageSchema, manifest).version).toBe(version);
  },
);

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

function sectionOf(heading: string): string | undefined {
  return PAGE.split(/^### /m).find((section) => section.startsWith(`${heading}\n`));
}
