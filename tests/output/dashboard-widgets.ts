import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const templateSchema = z.object({
  Resources: z.object({
    Dashboard: z.object({
      Properties: z.object({ DashboardBody: z.object({ 'Fn::Sub': z.string() }) }),
    }),
  }),
});
const optionsSchema = z.object({
  id: z.optional(z.string()),
  label: z.optional(z.string()),
  expression: z.optional(z.string()),
  stat: z.optional(z.string()),
  visible: z._default(z.boolean(), true),
  yAxis: z._default(z.enum(['left', 'right']), 'left'),
});
const rowSchema = z.array(z.union([z.string(), optionsSchema]));
const bodySchema = z.object({
  widgets: z.array(
    z.object({
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
      properties: z.object({
        title: z.string(),
        stat: z.optional(z.string()),
        metrics: z.array(rowSchema),
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
  options: z.infer<typeof optionsSchema>;
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
  const template = templateSchema.parse(parse(readFileSync(file, 'utf8')));
  const body = template.Resources.Dashboard.Properties.DashboardBody['Fn::Sub'];
  return bodySchema.parse(JSON.parse(body)).widgets.map(({ properties, ...place }) => ({
    title: properties.title,
    place,
    lines: writeOut(properties.metrics, properties.stat ?? 'Average'),
  }));
}

/**
 * Writes out `.` and `...`, as in
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
function writeOut(rows: z.infer<typeof rowSchema>[], stat: string): Line[] {
  let above: string[] = [];
  return rows.map((row) => {
    const parts = row.filter((part) => typeof part === 'string');
    const options = optionsSchema.parse(row.find((part) => typeof part !== 'string') ?? {});
    const [first, ...rest] = parts;
    const metric =
      first === '...'
        ? [...above.slice(0, above.length - rest.length), ...rest]
        : parts.map((part, index) => (part === '.' ? (above[index] ?? '') : part));
    if (metric.length > 0) above = metric;
    return { metric, stat: options.stat ?? stat, options };
  });
}
