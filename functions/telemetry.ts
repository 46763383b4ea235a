import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DeliveryResult } from '../lib/delivery/attempt.ts';
import type { EventResult } from '../lib/intake/accept.ts';
import type { BodyForm } from '../lib/intake/read-body.ts';
import type { InteractionKey } from '../lib/ledger/entry.ts';
import { SECOND_MS } from '../lib/runtime/durations.ts';

/**
 * Writes structured log lines. POWERTOOLS_SERVICE_NAME sets the service name of logs and metrics.
 * Never log an address, a url, a body or a key. Name a contact by its contact key.
 */
export const logger = new Logger();

/** CloudWatch metrics in the embedded metric format. `logMetrics` emits them after an invocation. */
export const metrics = new Metrics({ namespace: 'NatDestination' });

/** A batch may have 4,000 rejected events; its log line lists the first of them. */
const MAX_LISTED_REJECTIONS = 20;

/** Who sent the events of a request, and in which form. */
interface RequestSource {
  workspace: string;
  sdk: string | undefined;
  form: BodyForm;
}

/**
 * Counts results of events by status, by the format that matched, and by the code of a rejection.
 * Logs one line per request. A single event that is rejected is logged and counted by the error
 * responses.
 */
export function reportResults(results: EventResult[], { form, ...source }: RequestSource): void {
  const [only] = results;
  if (form === 'single' && only !== undefined) {
    if ('rejection' in only) return;
    countResults(results);
    const subject = only.status === 'deleting' ? { user: only.user } : only.key;
    logger.info(only.status, { ...source, ...subject });
    return;
  }
  logger.info('batch', {
    ...source,
    ...countResults(results),
    rejections: listRejections(results),
  });
}

function listRejections(results: EventResult[]) {
  const rejections = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ index, code: result.rejection.code }] : [],
  );
  return rejections.slice(0, MAX_LISTED_REJECTIONS);
}

/** @returns the counts by the name of their metric */
function countResults(results: EventResult[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const result of results) {
    for (const metric of metricsOf(result)) counts.set(metric, (counts.get(metric) ?? 0) + 1);
  }
  for (const [metric, count] of counts) metrics.addMetric(metric, MetricUnit.Count, count);
  return Object.fromEntries(counts);
}

function metricsOf(result: EventResult): string[] {
  const { status } = result;
  if ('interaction' in result) return [status, `format_${result.interaction.format}`];
  if (status === 'deleting') return [status];
  return status === 'rejected' ? [status, `rejected_${result.rejection.code}`] : [status];
}

/**
 * Logs and counts the result of a delivery. Every rejection of a key is counted, so that the alarm
 * stays on until the key is replaced.
 */
export function reportDelivery(key: InteractionKey, result: DeliveryResult): void {
  const { status, natMs, waitedMs, natKeyRejected, natAddressWrong } = result;
  metrics.addMetric(status, MetricUnit.Count, 1);
  if (natMs !== undefined) metrics.addMetric('natLatency', MetricUnit.Milliseconds, natMs);
  if (waitedMs !== undefined) {
    metrics.addMetric('oldestUndelivered', MetricUnit.Seconds, Math.round(waitedMs / SECOND_MS));
  }
  if (natKeyRejected) metrics.addMetric('natKeyRejected', MetricUnit.Count, 1);
  if (natAddressWrong) metrics.addMetric('natAddressWrong', MetricUnit.Count, 1);
  logger[status === 'dead' ? 'error' : 'info'](status, { ...key, ...result });
}
