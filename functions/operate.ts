import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { createRepairs } from '../lib/ledger/repairs.ts';
import { createOperator } from '../lib/operator/operator.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { services } from './services.ts';
import { logger } from './telemetry.ts';

const repairs = lazy(() => createRepairs(services().db, services().config.INTERACTIONS_TABLE));

/** Runs the operator's commands, such as `{"command": "workspace.list"}`. */
export const handler = middy<unknown, unknown>()
  .use(injectLambdaContext(logger))
  .handler((request, context) => {
    const remainingMs = () => context.getRemainingTimeInMillis();
    return createOperator({ ...services(), repairs: repairs(), remainingMs }).run(request);
  });
