import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse } from 'yaml';

const templateSchema = v.object({
  Resources: v.object({
    Dashboard: v.object({
      Properties: v.object({ DashboardBody: v.object({ 'Fn::Sub': v.string() }) }),
    }),
  }),
});
const optionsSchema = v.object({
  id: v.optional(v.string()),
  label: v.optional(v.string()),
  expression: v.optional(v.string()),
  stat: v.optional(v.string()),
  visible: v.optional(v.boolean(), true),
  yAxis: v.optional(v.picklist(['left', 'right']), 'left'),
});
const rowSchema = v.array(v.union([v.string(), optionsSchema]));
const bodySchema = v.object({
  widgets: v.array(
    v.object({
      x: v.number(),
      y: v.number(),
      width: v.number(),
      height: v.number(),
      properties: v.object({
        title: v.string(),
        stat: v.optional(v.string()),
        metrics: v.array(rowSchema),
      }),
    }),
  ),
});

/** The namespace of this service in the dashboard. */
export const OWN_NAMESPACE = `\${self:provider.environment.METRICS_NAMESPACE}`;

/** One line of a graph. */
export interface Line {
  /** Namespace, name, and pairs of the name and the value of a dimension; empty for an expression. */
  metric: string[];
  stat: string;
  options: v.InferOutput<typeof optionsSchema>;
}

/** One graph of the dashboard. Its place is in units of the grid, which is 24 wide. */
export interface Widget {
  title: string;
  place: { x: number; y: number; width: number; height: number };
  lines: Line[];
}

/** Reads the dashboard of the template, with the shorthands of its metrics written out. */
export function readDashboard(): Widget[] {
  const file = new URL('../../resources/dashboard.yml', import.meta.url);
  const template = v.parse(templateSchema, parse(readFileSync(file, 'utf8')));
  const body = template.Resources.Dashboard.Properties.DashboardBody['Fn::Sub'];
  return v.parse(bodySchema, JSON.parse(body)).widgets.map(({ properties, ...place }) => ({
    title: properties.title,
    place,
    lines: writeOut(properties.metrics, properties.stat ?? 'Average'),
  }));
}

/**
 * Writes out `.` and `...`, as in
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
function writeOut(rows: v.InferOutput<typeof rowSchema>[], stat: string): Line[] {
  let above: string[] = [];
  return rows.map((row) => {
    const parts = row.filter((part) => typeof part === 'string');
    const options = v.parse(optionsSchema, row.find((part) => typeof part !== 'string') ?? {});
    const [first, ...rest] = parts;
    const metric =
      first === '...'
        ? [...above.slice(0, above.length - rest.length), ...rest]
        : parts.map((part, index) => (part === '.' ? (above[index] ?? '') : part));
    if (metric.length > 0) above = metric;
    return { metric, stat: options.stat ?? stat, options };
  });
}
