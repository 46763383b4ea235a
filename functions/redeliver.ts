import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { createDelivery, type Delivery } from '../lib/delivery/attempt.ts';
import { createFailureStreaks } from '../lib/delivery/failure-streaks.ts';
import { createNat } from '../lib/delivery/nat.ts';
import { redeliverDue } from '../lib/delivery/redelivery.ts';
import type { Ledger } from '../lib/ledger/ledger.ts';
import { SECOND_MS } from '../lib/runtime/durations.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { OwnError } from '../lib/runtime/own-error.ts';
import { ownErrors } from './middleware/own-errors.ts';
import { services } from './services.ts';
import { logger, report, reportDelivery } from './telemetry.ts';

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
    .use(ownErrors())
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
      const endedEarly = run.ended !== 'nothing due';
      report(endedEarly ? 'warn' : 'debug', endedEarly ? 'run ended early' : 'run ended', run, {
        tried: run.tried,
      });
      const failedDeletions = await deletions;
      // Each failure is logged already. This error is for the alarm.
      if (run.failed > 0) throw new OwnError(`${run.failed} redeliveries failed`);
      if (failedDeletions > 0) throw new OwnError(`${failedDeletions} deletions failed`);
    });
}

export const handler = createHandler(
  lazy(() => {
    const { config, ...tables } = services();
    const delivery = createDelivery({ ...tables, nat: createNat(config.NAT_API_URL) });
    return { ledger: tables.ledger, delivery };
  }),
);
