import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DeliveryResult } from './delivery.ts';
import type { InteractionKey } from './ledger.ts';

/**
 * Structured lines, under the deployment's name (POWERTOOLS_SERVICE_NAME), as the metrics are.
 * Never an address, a url, a body or a key: contacts go by their contact key.
 */
export const logger = new Logger();

/** CloudWatch metrics, in the embedded metric format: `emit` them once an invocation is done. */
export const metrics = new Metrics({ namespace: 'NatDestination' });

/** Logs and counts what a delivery came to; a key that Nat rejects is what an alarm waits for. */
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
