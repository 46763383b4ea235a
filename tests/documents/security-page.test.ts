import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const DAY_SECONDS = 24 * 60 * 60;
const page = read('docs/security.md');
const rowsOf = (heading: string) => {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const table = (section.split('\n## ')[0] ?? '').match(/^\|.*\|$/gm) ?? [];
  return table.slice(2).map((row) => row.split('|').map((cell) => cell.trim()));
};
const threats = rowsOf('Threats');
const places = rowsOf('What is stored');

describe('each threat of docs/security.md', () => {
  it.each(threats)('names tests that exist: %s%s, %s', (...cells) => {
    const tests = cells[4] ?? '';
    const files = [...tests.matchAll(/`([\w./-]+)`(?: "([^"]+)")?/g)];
    expect(files.length).toBeGreaterThan(0);
    for (const [, file = '', words = ''] of files) {
      expect(file).toMatch(/\.test\.ts$/);
      expect(read(file)).toContain(words);
    }
  });

  it('is by one of the attackers that the project knows', () => {
    expect(threats.map(([, attacker]) => attacker).filter(Boolean)).toHaveLength(10);
  });
});

describe('how long something is kept', () => {
  const keptIn = (place: string) => places.find(([, name]) => name?.startsWith(place))?.[3];

  it('in the logs is what serverless.yml says', () => {
    const { provider } = v.parse(
      v.object({ provider: v.object({ logRetentionInDays: v.number() }) }),
      parse(read('serverless.yml')),
    );
    for (const place of ['logs', 'access log']) {
      expect(keptIn(place)).toBe(`${provider.logRetentionInDays} days`);
    }
  });

  it('in the queue is what resources/queue.yml says', () => {
    const queue = v.object({ Properties: v.object({ MessageRetentionPeriod: v.number() }) });
    const { Resources } = v.parse(
      v.object({ Resources: v.object({ UndeliveredQueue: queue }) }),
      parse(read('resources/queue.yml')),
    );
    const days = Resources.UndeliveredQueue.Properties.MessageRetentionPeriod / DAY_SECONDS;
    expect(keptIn('queue')).toContain(`${days} days`);
  });

  it('in backups is what DynamoDB keeps unless resources/tables.yml says otherwise', () => {
    expect(read('resources/tables.yml')).not.toContain('RecoveryPeriodInDays');
    expect(keptIn('backups')).toBe('35 days');
  });
});

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
