import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const NAMESPACE = 'NatDestination';
/** CloudWatch refuses a longer one. */
const MAX_DESCRIPTION_CHARACTERS = 1024;

const OPTION = /(?<=^|\s)--?[\w-]+/gm;

const schema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.optional(z.unknown()) }),
  ),
});
const alarmSchema = z.object({
  AlarmDescription: z.union([z.string(), z.object({ 'Fn::Sub': z.string() })]),
  Namespace: z.string(),
  MetricName: z.string(),
});
// The anchors are our own: the parser need not count how often they are used.
const yaml = parse(read('resources/alarms.yml'), { merge: true, maxAliasCount: -1 });
const { Resources } = schema.parse(yaml);
const alarms = Object.entries(Resources)
  .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
  .map(([id, { Properties }]) => {
    const { AlarmDescription: text, ...metric } = alarmSchema.parse(Properties);
    return { id, ...metric, description: typeof text === 'string' ? text : text['Fn::Sub'] };
  });

describe('the description of an alarm', () => {
  it.each(alarms)('says what to run: $id', ({ description }) => {
    expect(description).toMatch(/\b(npm run operate --|serverless|aws) \S+/);
    expect(description.length).toBeLessThanOrEqual(MAX_DESCRIPTION_CHARACTERS);
  });

  it.each(commandsIn('npm run operate --'))('has options that exist: $command', (use) => {
    // Every command takes a stage, which only the help of all commands says.
    const options = use.options.filter((option) => option !== '--stage');
    return expectOptions('cli/operate.ts', use.command, options);
  });

  it.each(commandsIn('serverless'))('has options that exist: serverless $command', (use) =>
    expectOptions('node_modules/serverless/bin/serverless.js', use.command, use.options),
  );
});

describe('the metrics of the service', () => {
  const code = ['functions', 'lib'].flatMap(sourcesIn).join('\n');

  it.each(alarms.filter(({ Namespace }) => Namespace === NAMESPACE))(
    'include the one that $id watches',
    ({ MetricName }) => expect(code).toContain(`'${MetricName}'`),
  );

  it('include all that the dashboard shows', () => {
    const widgets = read('resources/dashboard.yml').split('"type": "metric"');
    // In a row of metrics, "." repeats what is above: here the namespace.
    const names = widgets
      .filter((widget) => widget.includes(`"${NAMESPACE}"`))
      .flatMap((widget) => [...widget.matchAll(/\["(?:NatDestination|\.)", "(\w+)"/g)])
      .map(([, name]) => name);
    expect(names).not.toEqual([]);
    for (const name of names) expect(code).toContain(`'${name}'`);
  });
});

/** The commands of a tool that alarms name, each with all options that they give it. */
function commandsIn(tool: string) {
  const pattern = new RegExp(
    `${tool} ([\\w.]+)((?:\\s+--?[\\w-]+(?:\\s+(?:"[^"]*"|[^\\s-]\\S*))?)*)`,
    'g',
  );
  const found = alarms.flatMap(({ description }) => [...description.matchAll(pattern)]);
  const optionsOf = Map.groupBy(found, ([, command = '']) => command);
  return [...optionsOf].map(([command, uses]) => ({
    command,
    options: uses.flatMap(([, , text = '']) => text.match(OPTION) ?? []),
  }));
}

/** Asks a command for its help: it fails if there is no such command. */
async function expectOptions(script: string, command: string, options: string[]) {
  const args = [join(PROJECT, script), command, '--help'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PROJECT });
  expect(stdout.match(OPTION)).toEqual(expect.arrayContaining(options));
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(folder, name)));
}

function read(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}
