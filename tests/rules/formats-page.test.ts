import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../lib/event/custom-format.ts';
import { normalize } from '../../lib/event/normalize.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const SETTINGS = { timeZone: 'UTC', standardMessage: 'Used the product' };
const page = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');

/** The sections of the page that have examples: their title, and their blocks by language. */
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    json: blocksOf(section, 'json'),
    commands: blocksOf(section, 'sh'),
  }));

describe('docs/formats.md', () => {
  it('has every format', () => {
    const formats = sections.flatMap(({ json }) => JSON.parse(json[1] ?? '{}').format);
    expect(new Set(formats)).toEqual(new Set(['recommended', 'top_level', 'event_name', 'custom']));
  });

  it.each(sections)('is true of "$title"', async ({ json: [sent, becomes, ...rest], commands }) => {
    const extract =
      commands[0] === undefined ? undefined : await compileFormat(formatIn(commands[0]));
    const interaction = normalize(JSON.parse(sent ?? ''), { ...SETTINGS, extract }, NOW);

    expect(interaction).toEqual(JSON.parse(becomes ?? ''));
    expect(rest).toEqual([]);
  });
});

function blocksOf(section: string, language: string): string[] {
  const block = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms');
  return [...section.matchAll(block)].map(([, content = '']) => content);
}

/** The custom format that the page's command sets. */
function formatIn(command: string) {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  const { values } = parseArgs({
    args: words.slice(words.indexOf('--') + 1).filter((word) => word !== '\\'),
    options: Object.fromEntries(
      ['workspace', 'email-path', 'timestamp-path', 'description-path', 'sample'].map((name) => [
        name,
        { type: 'string' as const },
      ]),
    ),
    allowPositionals: true,
  });
  return {
    email: String(values['email-path']),
    timestamp: String(values['timestamp-path']),
    description: String(values['description-path']),
  };
}
