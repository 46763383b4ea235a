import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';

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
    const { permissions } = z.object({ permissions: z.unknown() }).parse(parse(text));
    expect(permissions).toEqual({ contents: 'read' });
    expect(text.match(/permissions:/g)).toHaveLength(1);
  });
});

it('everything that is installed by its version is kept up to date', () => {
  const { updates } = z
    .object({
      updates: z.array(z.object({ 'package-ecosystem': z.string(), directory: z.string() })),
    })
    .parse(parse(readFileSync(`${folder}/dependabot.yml`, 'utf8')));
  expect(updates.map((one) => [one['package-ecosystem'], one.directory])).toEqual([
    ['npm', '/'],
    ['github-actions', '/'],
    ['pip', '/tests/deploy'],
  ]);
});
