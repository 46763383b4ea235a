import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const folder = fileURLToPath(new URL('../../.github', import.meta.url));
const workflows = globSync('workflows/*.yml', { cwd: folder });

describe.each(workflows)('%s', (name) => {
  const text = readFileSync(`${folder}/${name}`, 'utf8');

  it('names every action by its commit, because a tag can be moved', () => {
    const uses = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it('gives its jobs no right but to read', () => {
    const { permissions } = v.parse(v.object({ permissions: v.unknown() }), parse(text));
    expect(permissions).toEqual({ contents: 'read' });
    expect(text.match(/permissions:/g)).toHaveLength(1);
  });
});

it('everything that is installed by its version is kept up to date', () => {
  const { updates } = v.parse(
    v.object({
      updates: v.array(v.object({ 'package-ecosystem': v.string(), directory: v.string() })),
    }),
    parse(readFileSync(`${folder}/dependabot.yml`, 'utf8')),
  );
  expect(updates.map((one) => [one['package-ecosystem'], one.directory])).toEqual([
    ['npm', '/'],
    ['github-actions', '/'],
    ['pip', '/tests/deploy'],
  ]);
});
