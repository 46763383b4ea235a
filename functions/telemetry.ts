import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DeliveryResult } from '../lib/delivery/attempt.ts';
import type { EventResult } from '../lib/intake/accept.ts';
import type { InteractionKey } from '../lib/ledger/entry.ts';

/**
 * Structured lines, under the deployment's name (POWERTOOLS_SERVICE_NAME), as the metrics are.
 * Never an address, a url, a body or a key: contacts go by their contact key.
 */
export const logger = new Logger();

/** CloudWatch metrics, in the embedded metric format: `emit` them once an invocation is done. */
export const metrics = new Metrics({ namespace: 'NatDestination' });

/**
 * Counts what became of events: by status, by the format that matched, by the reason of a rejection.
 *
 * @returns how many of each, by the metric's name
 */
export function countResults(results: EventResult[]): Record<string, number> {
  const named = new Map<string, number>();
  for (const result of results) {
    for (const name of [result.status, detailOf(result)]) {
      if (name !== undefined) named.set(name, (named.get(name) ?? 0) + 1);
    }
  }
  for (const [name, count] of named) metrics.addMetric(name, MetricUnit.Count, count);
  return Object.fromEntries(named);
}

function detailOf(result: EventResult): string | undefined {
  if (!('rejection' in result)) return `format_${result.format}`;
  return result.status === 'rejected' ? `rejected_${result.rejection.code}` : undefined;
}

/**
 * Logs and counts what a delivery came to. Every rejection of a key is counted, not the first alone,
 * so that the alarm stays on for as long as the key is wrong.
 */
export function reportDelivery(key: InteractionKey, result: DeliveryResult): void {
  const { status, natMs, waitedMs, natKeyRejected } = result;
  metrics.addMetric(status, MetricUnit.Count, 1);
  if (natMs !== undefined) metrics.addMetric('natLatency', MetricUnit.Milliseconds, natMs);
  if (waitedMs !== undefined) {
    metrics.addMetric('oldestUndelivered', MetricUnit.Seconds, Math.round(waitedMs / 1000));
  }
  if (natKeyRejected !== undefined) metrics.addMetric('natKeyRejected', MetricUnit.Count, 1);
  logger[status === 'dead' ? 'error' : 'info'](status, { ...key, ...result });
}
