import * as v from 'valibot';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import { type Line, OWN_NAMESPACE, type Widget } from '../output/dashboard-widgets.ts';

/** How long a period is, s. The demo plays an hour in about as long. */
const PERIOD_SECONDS = 1;

/** A value of a metric, as a log line has it. */
interface Sample {
  name: string;
  value: number;
  /** Epoch seconds. */
  at: number;
}

/** A line of a graph: a value for each period, or null where there is none. */
interface Series {
  label: string;
  yAxis: 'left' | 'right';
  values: (number | null)[];
}

/** A widget with what a run of the demo gave it. AWS's own metrics have no values on a laptop. */
export interface Graph {
  title: string;
  place: Widget['place'];
  /** The start of each period, in seconds since the first one. */
  seconds: number[];
  series: Series[];
  /** The names of what only AWS measures. */
  ofAws: string[];
}

const embeddedSchema = v.looseObject({
  _aws: v.object({
    Timestamp: v.number(),
    CloudWatchMetrics: v.array(v.object({ Metrics: v.array(v.object({ Name: v.string() })) })),
  }),
});

/** Reads the metrics of log lines, as CloudWatch does. */
export function readSamples(logLines: string[]): Sample[] {
  return logLines.flatMap((text) => {
    const data = parseIfValid(embeddedSchema, parseJson(text));
    if (data === undefined) return [];
    const at = data._aws.Timestamp / 1000;
    const metrics = data._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics);
    return metrics.map(({ Name }) => ({ name: Name, value: Number(data[Name]), at }));
  });
}

/** Computes the lines of a widget from samples. */
export function toGraph({ title, place, lines }: Widget, samples: Sample[]): Graph {
  const times = samples.map(({ at }) => at);
  const first = Math.floor(Math.min(...times));
  const count = Math.ceil(Math.max(...times)) - first;
  const seconds = Array.from({ length: count }, (_, index) => index * PERIOD_SECONDS);
  const byId = new Map<string, (number | null)[]>();
  const own = lines.filter(({ metric }) => metric[0] === OWN_NAMESPACE);
  const ofMetrics = own.map((line) => {
    const name = line.metric[1] ?? '';
    const ofName = samples.filter((sample) => sample.name === name);
    const values = seconds.map((start) =>
      statistic(
        line.stat,
        ofName.filter(({ at }) => Math.floor(at) - first === start).map(({ value }) => value),
      ),
    );
    byId.set(line.options.id ?? '', values);
    return { line, label: line.stat.startsWith('p') ? `${name} ${line.stat}` : name, values };
  });
  const computed = lines.flatMap((line) => {
    const values = compute(line.options.expression, byId, seconds.length);
    return values === undefined ? [] : [{ line, label: line.options.label ?? '', values }];
  });
  const visible = [...computed, ...ofMetrics].filter(({ line }) => line.options.visible);
  return {
    title,
    place,
    seconds,
    series: visible.map(({ line, label, values }) => ({
      label,
      values,
      yAxis: line.options.yAxis,
    })),
    ofAws: [...new Set(lines.flatMap(nameOfAws))],
  };
}

function nameOfAws({ metric: [namespace, name] }: Line): string[] {
  return namespace === undefined || namespace === OWN_NAMESPACE ? [] : [`${namespace} ${name}`];
}

function statistic(stat: string, values: number[]): number | null {
  if (values.length === 0) return null;
  if (stat === 'Sum') return values.reduce((sum, value) => sum + value, 0);
  if (stat === 'Maximum') return Math.max(...values);
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil((Number(stat.slice(1)) / 100) * sorted.length) - 1;
  return sorted[rank] ?? null;
}

/** @returns undefined if it is no running sum of metrics that have values here */
function compute(
  expression: string | undefined,
  byId: Map<string, (number | null)[]>,
  count: number,
): number[] | undefined {
  const [, inner] = /^RUNNING_SUM\((.*)\)$/.exec(expression ?? '') ?? [];
  if (inner === undefined) return undefined;
  const ids = [...byId.keys()].filter((id) => id !== '');
  const evaluate = new Function('FILL', ...ids, `return ${inner}`);
  let sum = 0;
  return Array.from({ length: count }, (_, period) => {
    const values = ids.map((id) => byId.get(id)?.[period] ?? null);
    sum += Number(evaluate((value: number | null, fill: number) => value ?? fill, ...values));
    return sum;
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
