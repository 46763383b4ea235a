import { Logger, LogLevelThreshold } from '@aws-lambda-powertools/logger';
import type { DeliveryResult } from '../lib/delivery/attempt.ts';
import type { EventResult } from '../lib/intake/accept.ts';
import type { BodyForm } from '../lib/intake/read-body.ts';
import type { InteractionKey } from '../lib/ledger/entry.ts';
import { SECOND_MS } from '../lib/runtime/durations.ts';
import { ShortLogFormatter } from './log-formatter.ts';
import { embedMetrics, type MetricValues } from './metrics.ts';

/**
 * Writes structured log lines. Never log an address, a url, a body or a key. Name a contact by its
 * contact key.
 */
export const logger = new Logger({ logFormatter: new ShortLogFormatter() });

/** A batch may have 4,000 rejected events; its log line lists the first of them. */
const MAX_LISTED_REJECTIONS = 20;

type Level = 'debug' | 'info' | 'warn' | 'error';

/**
 * Logs what happened in one line, which also holds its metrics. If the log level hides the line,
 * the metrics are printed alone.
 */
export function report(level: Level, message: string, fields: object, values: MetricValues): void {
  const embedded = embedMetrics(values);
  if (LogLevelThreshold[toName(level)] >= logger.level) {
    logger[level](message, { ...fields, ...embedded });
  } else if (Object.keys(embedded).length > 0) {
    process.stdout.write(`${JSON.stringify({ ...levelToPass(), ...embedded })}\n`);
  }
}

/** Lambda takes a line without a level for INFO, and drops it where only higher levels are logged. */
function levelToPass(): { level?: string } {
  return logger.level > LogLevelThreshold.INFO ? { level: logger.getLevelName() } : {};
}

function toName(level: Level) {
  return level.toUpperCase() as Uppercase<Level>;
}

/** Who sent the events of a request, and in which form. */
interface RequestSource {
  workspace: string;
  sdk: string | undefined;
  /** The trace of the sender, if it sent one. */
  traceId: string | undefined;
  form: BodyForm;
}

/** Most events are duplicates, or calls of another type. There is nothing to find out about them. */
const ROUTINE = new Set<EventResult['status']>(['duplicate', 'ignored']);

/**
 * Counts results of events by status, accepted ones by the format that matched, and rejected ones by
 * code. Logs one line per request, but none for a request with routine results only. A single event
 * that is rejected or ignored is logged and counted by the error responses.
 *
 * @param routineLogRate the share of requests with routine results that is logged nevertheless, 0 to 1
 */
export function reportResults(
  results: EventResult[],
  { form, ...source }: RequestSource,
  routineLogRate: number,
): void {
  const [only] = results;
  const isRoutine = results.every(({ status }) => ROUTINE.has(status));
  const level = isRoutine && Math.random() >= routineLogRate ? 'debug' : 'info';
  const counts = countResults(results);
  if (form === 'single' && only !== undefined) {
    if ('rejection' in only) return;
    const subject = only.status === 'deleting' ? { user: only.user } : only.key;
    report(level, only.status, { ...source, ...subject }, counts);
    return;
  }
  report(level, 'batch', { ...source, ...counts, rejections: listRejections(results) }, counts);
}

function listRejections(results: EventResult[]) {
  const rejections = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ index, code: result.rejection.code }] : [],
  );
  return rejections.slice(0, MAX_LISTED_REJECTIONS);
}

function countResults(results: EventResult[]): MetricValues {
  const counts: MetricValues = {};
  for (const result of results) {
    for (const name of metricsOf(result)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function metricsOf(result: EventResult): (keyof MetricValues)[] {
  switch (result.status) {
    case 'accepted':
      return ['accepted', `format_${result.interaction.format}`];
    case 'rejected':
      return ['rejected', `rejected_${result.rejection.code}`];
    default:
      return [result.status];
  }
}

/**
 * Logs and counts the result of a delivery. Every rejection of a key is counted, so that the alarm
 * stays on until the key is replaced.
 */
export function reportDelivery(key: InteractionKey, result: DeliveryResult): void {
  const { status, natMs, waitedMs, natKeyRejected, natAddressWrong } = result;
  report(
    status === 'dead' ? 'error' : 'info',
    status,
    { ...key, ...result },
    {
      [status]: 1,
      natLatency: natMs,
      oldestUndelivered: waitedMs === undefined ? undefined : Math.round(waitedMs / SECOND_MS),
      natKeyRejected: natKeyRejected === true ? 1 : undefined,
      natAddressWrong: natAddressWrong === true ? 1 : undefined,
    },
  );
}
