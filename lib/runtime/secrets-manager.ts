import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientSettings, removeUnused } from './aws-client.ts';
import { SECOND_MS } from './durations.ts';
import { withTimeout } from './with-timeout.ts';

/** How long one call to Secrets Manager may take, with its retries. */
export const SECRET_CALL_TIMEOUT_MS = 3 * SECOND_MS;
const CONNECT_TIMEOUT_MS = SECOND_MS;
/** How long one attempt of a call may take. */
const ATTEMPT_TIMEOUT_MS = 2 * SECOND_MS;

/** The client of Secrets Manager. Region, endpoint and credentials come from the environment. */
export function createSecretsManager(): SecretsManagerClient {
  const client = new SecretsManagerClient({
    ...clientSettings('SECRETS_MANAGER', process.env),
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
  removeUnused(client.middlewareStack);
  client.middlewareStack.add((next) => (args) => withTimeout(SECRET_CALL_TIMEOUT_MS, next(args)), {
    step: 'initialize',
    name: 'callTimeout',
  });
  return client;
}
