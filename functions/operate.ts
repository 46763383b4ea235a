import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { createRepairs } from '../lib/ledger/repairs.ts';
import { createOperator } from '../lib/operator/operator.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { openSecrets } from '../lib/runtime/secret-source.ts';
import { createRegistry } from '../lib/workspaces/registry.ts';
import { ownErrors } from './middleware/own-errors.ts';
import { services } from './services.ts';
import { logger } from './telemetry.ts';

const tables = lazy(() => {
  const { config, db } = services();
  return {
    repairs: createRepairs(db, config.INTERACTIONS_TABLE),
    registry: createRegistry(db, config.WORKSPACES_TABLE),
  };
});

/** Runs the operator's commands, such as `{"command": "workspace.list"}`. */
export const handler = middy<unknown, unknown>()
  .use(injectLambdaContext(logger))
  .use(ownErrors())
  .handler(async (request, context) => {
    const { config, secretStore } = services();
    const { secrets, renew } = await openSecrets(secretStore, config);
    const operator = createOperator({
      ...tables(),
      secrets,
      renewSecrets: renew,
      remainingMs: () => context.getRemainingTimeInMillis(),
      audit: (entry) => logger.info('operator command', { ...entry }),
    });
    return operator.run(request);
  });
