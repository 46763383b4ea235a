import type { RejectionCode } from '../lib/event/rejection.ts';

/** The metrics of this service with their units. docs/operating.md says what each measures. */
export const METRICS = {
  accepted: 'Count',
  duplicate: 'Count',
  deleting: 'Count',
  ignored: 'Count',
  rejected: 'Count',
  failed: 'Count',
  delivered: 'Count',
  retrying: 'Count',
  dead: 'Count',
  skipped: 'Count',
  natLatency: 'Milliseconds',
  natKeyRejected: 'Count',
  natAddressWrong: 'Count',
  oldestUndelivered: 'Seconds',
  tried: 'Count',
  recovered: 'Count',
} as const;

type MetricName = keyof typeof METRICS | `rejected_${RejectionCode}` | `format_${string}`;

/** Values by the names of their metrics. An undefined value is no value. */
export type MetricValues = { [name in MetricName]?: number | undefined };

/** One namespace for each stage. It replaces a dimension, which would be repeated in every line. */
const NAMESPACE = process.env.METRICS_NAMESPACE;

/**
 * Describes metrics in CloudWatch's embedded metric format. CloudWatch Logs makes metrics of every
 * line of JSON that has these fields, whatever else is in the line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * The unit of a count is left out, because a duplicate must cost few bytes.
 *
 * @returns the fields; none without values, or if METRICS_NAMESPACE is not set
 */
export function embedMetrics(values: MetricValues): Record<string, unknown> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  if (!NAMESPACE || present.length === 0) return {};
  const Metrics = present.map(([Name]) => ({ Name, ...unitOf(Name) }));
  const directive = { Namespace: NAMESPACE, Dimensions: [[]], Metrics };
  return {
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] },
    ...Object.fromEntries(present),
  };
}

const UNITS: Record<string, string> = METRICS;

function unitOf(name: string): { Unit?: string } {
  const unit = UNITS[name] ?? 'Count';
  return unit === 'Count' ? {} : { Unit: unit };
}
