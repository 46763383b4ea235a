import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { METRICS } from '../../functions/metrics.ts';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** As `serverless.yml` sets it for each stage. */
const NAMESPACE = `\${self:provider.environment.METRICS_NAMESPACE}`;
/** CloudWatch refuses a longer one. */
const MAX_DESCRIPTION_CHARACTERS = 1024;

const OPTION = /(?<=^|\s)--?[\w-]+/gm;

const schema = v.object({
  Resources: v.record(
    v.string(),
    v.object({ Type: v.string(), Properties: v.optional(v.unknown()) }),
  ),
});
const metricSchema = v.object({ Namespace: v.string(), MetricName: v.string() });
const alarmSchema = v.object({
  AlarmName: v.string(),
  AlarmDescription: v.union([v.string(), v.object({ 'Fn::Sub': v.string() })]),
  AlarmActions: v.array(v.unknown()),
  OKActions: v.array(v.unknown()),
  Threshold: v.number(),
});
/** An alarm on an expression, instead of on one metric. */
const expressionSchema = v.object({
  Metrics: v.array(
    v.object({
      Id: v.string(),
      Expression: v.optional(v.string()),
      MetricStat: v.optional(v.object({ Metric: metricSchema })),
    }),
  ),
});
// The anchors are our own: the parser need not count how often they are used.
const yaml = parse(read('resources/alarms.yml'), { merge: true, maxAliasCount: -1 });
const { Resources } = v.parse(schema, yaml);
const alarms = Object.entries(Resources)
  .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
  .map(([id, { Properties }]) => {
    const { AlarmDescription: text, ...alarm } = v.parse(alarmSchema, Properties);
    const { Metrics } = parseIfValid(expressionSchema, Properties) ?? { Metrics: [] };
    const [single] = Metrics.length > 0 ? [] : [v.parse(metricSchema, Properties)];
    return {
      id,
      ...alarm,
      expression: Metrics.find(({ Expression }) => Expression !== undefined)?.Expression,
      metrics: single === undefined ? Metrics.flatMap((m) => m.MetricStat?.Metric ?? []) : [single],
      description: typeof text === 'string' ? text : text['Fn::Sub'],
    };
  });

describe('an alarm', () => {
  it.each(alarms)('says when it begins and when it is over: $id', ({ AlarmActions, OKActions }) => {
    expect(AlarmActions).not.toEqual([]);
    expect(OKActions).toEqual(AlarmActions);
  });

  it.each([
    ['FailedAlarm', { requests: 1000, failed: 50 }, false],
    ['FailedAlarm', { requests: 1000, failed: 51 }, true],
    ['FailedAlarm', { requests: 2, failed: 1 }, true],
    ['FailedAlarm', { failed: 1 }, false],
    ['HttpApi5xxAlarm', { requests: 1000, errors: 50 }, false],
    ['HttpApi5xxAlarm', { requests: 1000, errors: 51 }, true],
    ['HttpApi5xxAlarm', { requests: 1000 }, false],
    ['RejectedAlarm', { rejected: 20 }, true],
    ['RejectedAlarm', { rejected: 19 }, false],
    ['RejectedAlarm', { accepted: 50, duplicate: 30, rejected: 20 }, false],
    ['RejectedAlarm', { accepted: 49, duplicate: 30, rejected: 21 }, true],
    ['DeliverStoppedAlarm', { accepted: 1 }, true],
    ['DeliverStoppedAlarm', { accepted: 1, deliveries: 0 }, true],
    ['DeliverStoppedAlarm', { accepted: 1, deliveries: 1 }, false],
    ['DeliverStoppedAlarm', {}, false],
  ])('%s with %j breaches its threshold: %s', (id, sums, isBreached) => {
    const alarm = alarms.find((each) => each.id === id);
    expect(evaluate(alarm?.expression ?? '', sums) > Number(alarm?.Threshold)).toBe(isBreached);
  });
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
  const watched = alarms.flatMap(({ id, metrics }) => metrics.map((metric) => ({ id, ...metric })));
  it.each(watched.filter(({ Namespace }) => Namespace === NAMESPACE))(
    'include $MetricName, which $id watches',
    ({ MetricName }) => expect(Object.keys(METRICS)).toContain(MetricName),
  );
});

/**
 * Evaluates an expression of CloudWatch for one period.
 *
 * @param sums the metrics by their ids; one that is not there has no data
 */
function evaluate(expression: string, sums: Record<string, number | undefined>): number {
  const ids = ['requests', 'failed', 'errors', 'rejected', 'accepted', 'duplicate', 'deliveries'];
  const javascript = expression.replaceAll(' AND ', ' && ');
  const run = new Function('IF', 'FILL', ...ids, `return ${javascript}`);
  const choose = (isTrue: boolean, yes: number, no: number) => (isTrue ? yes : no);
  return Number(
    run(choose, (x: number | undefined, y: number) => x ?? y, ...ids.map((id) => sums[id])),
  );
}

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

function read(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}
