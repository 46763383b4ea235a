import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import { createDelivery, type Delivery } from '../lib/delivery/attempt.ts';
import { createFailureStreaks } from '../lib/delivery/failure-streaks.ts';
import { createNat } from '../lib/delivery/nat.ts';
import { redeliverDue } from '../lib/delivery/redelivery.ts';
import type { Ledger } from '../lib/ledger/ledger.ts';
import { SECOND_MS } from '../lib/runtime/durations.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { services } from './services.ts';
import { logger, metrics, reportDelivery } from './telemetry.ts';

/** How long a run may work on deletions, so that they take little from the deliveries. */
const DELETIONS_MS = 30 * SECOND_MS;

/**
 * Runs every minute, tries again what is due, and completes the deletions of users. If any of it
 * failed, the run fails at its end.
 *
 * @param dependencies gives what it works with; called with the first run
 */
export function createHandler(dependencies: () => { ledger: Ledger; delivery: Delivery }) {
  const failureStreaks = createFailureStreaks();
  return middy<unknown, void>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .handler(async (_event, context) => {
      const { ledger, delivery } = dependencies();
      const end = context.getRemainingTimeInMillis() - DELETIONS_MS;
      const deletions = ledger.deletions.completeDue(
        () => context.getRemainingTimeInMillis() > end,
        (user) => logger.info('deletion completed', { user }),
        (error, user) => logger.error('deletion failed', { user, error }),
      );
      const run = await redeliverDue({
        ledger,
        failureStreaks,
        redeliver: delivery.redeliver,
        report: reportDelivery,
        reportFailure: (error, due) => logger.error('redelivery failed', { ...due, error }),
        remainingMs: () => context.getRemainingTimeInMillis(),
      });
      metrics.addMetric('tried', MetricUnit.Count, run.tried);
      if (run.ended !== 'nothing due') logger.warn('run ended early', { ...run });
      const failedDeletions = await deletions;
      // Each failure is logged already. This error is for the alarm.
      if (run.failed > 0) throw new Error(`${run.failed} redeliveries failed`);
      if (failedDeletions > 0) throw new Error(`${failedDeletions} deletions failed`);
    });
}

export const handler = createHandler(
  lazy(() => {
    const { config, ...tables } = services();
    const delivery = createDelivery({ ...tables, nat: createNat(config.NAT_API_URL) });
    return { ledger: tables.ledger, delivery };
  }),
);
