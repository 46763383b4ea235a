import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import { delivery } from '../lib/delivery.ts';
import { redeliverDue } from '../lib/redelivery.ts';
import { services } from '../lib/services.ts';
import { logger, metrics, reportDelivery } from '../lib/telemetry.ts';

/** Every minute: tries again what is due. */
export const handler = middy<unknown, void>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(async (_event, context) => {
    const run = await redeliverDue({
      ledger: services().ledger,
      redeliver: delivery().redeliver,
      report: reportDelivery,
      remainingMs: () => context.getRemainingTimeInMillis(),
    });
    if (run.ended !== 'nothing due') logger.warn('ended early', { ...run });
  });
