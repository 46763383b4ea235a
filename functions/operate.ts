import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { createOperator } from '../lib/operator.ts';
import { once, services } from '../lib/services.ts';
import { logger } from '../lib/telemetry.ts';

const operator = once(() => {
  const { workspaces, secrets } = services();
  return createOperator(workspaces, secrets);
});

/** The operator's commands: `{"command": "workspace.list"}`. A wrong one fails with its reason. */
export const handler = middy<unknown, unknown>()
  .use(injectLambdaContext(logger))
  .handler((request) => operator().run(request));
