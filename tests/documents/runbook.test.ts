import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldsOf, flagOf } from '../../cli/operate/options.ts';
import { commands } from '../../lib/operator/commands.ts';
import { readSteps } from '../deploy/runbook.ts';

const PARTS = ['**Notice.**', '**Run.**', '**Over.**'];
const OPERATE = /npm run (?:--silent )?operate -- ([\w.]+)([^\n]*)/g;
const NAMES = Object.keys(commands) as (keyof typeof commands)[];
/** What only the command line has. */
const GENERAL = ['--stage', '--json', '--yes', '--from'];

const markdown = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const [, ...sections] = markdown.split(/^## /m);
const steps = readSteps(markdown);
const uses = steps.flatMap(({ commands: text }) => [...text.matchAll(OPERATE)]);

/** `tests/deploy/runbook.test.ts` runs the commands. This much is seen without an AWS. */
describe('the runbook', () => {
  it.each(sections)('says how one notices, what to run, and when it is over: %s', (section) => {
    const places = PARTS.map((part) => section.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const [title = ''] = section.split('\n');
    const ofSection = steps.filter((step) => step.section === title);
    expect(ofSection.filter(({ printed }) => printed !== '')).not.toEqual([]);
  });

  it('links every section from the table at its beginning', () => {
    const [table = ''] = markdown.split('## Before you begin');
    const titles = sections.map((section) => section.split('\n')[0]);
    expect(titles.slice(1).filter((title) => !table.includes(`[${title}](#`))).toEqual([]);
  });

  it('has commands of the operator with options that exist', () => {
    expect(uses.length).toBeGreaterThan(20);
    for (const [use, name = '', options = ''] of uses) {
      const command = NAMES.find((each) => each === name);
      if (command === undefined) throw new Error(`there is no command ${name}`);
      const known = fieldsOf(command).map(({ field }) => flagOf(field));
      const given = options.match(/(?<=\s)--[\w-]+/g) ?? [];
      expect([...known, ...GENERAL], use).toEqual(expect.arrayContaining(given));
      expect(given, use).toContain('--stage');
    }
  });
});
