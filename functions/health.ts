import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { UNHEALTHY } from '../lib/intake/response.ts';
import { SINGLE_LIMIT_MS } from '../lib/intake/time-limits.ts';
import { withTimeout } from '../lib/runtime/with-timeout.ts';
import { json } from './middleware/error-responses.ts';
import type { Services } from './services.ts';
import { logger } from './telemetry.ts';

/** No workspace has this key, and no contact this name. */
const NOBODY = 'health check';

/**
 * Checks that this deployment can take events.
 *
 * @param services reads the settings, and throws if one is wrong
 * @param isDeep true to read both tables too, and the secret that every event needs
 */
export async function respondToHealth(
  services: () => Services,
  isDeep: boolean,
): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    const { ledger, workspaces, secrets } = services();
    if (isDeep) {
      const reads = [
        ledger.findTaken([{ contact: NOBODY, day: NOBODY }]),
        workspaces.findByApiKey(NOBODY, Date.now()),
        secrets.contacts(),
      ];
      await withTimeout(SINGLE_LIMIT_MS, Promise.all(reads));
    }
    return json(200, { status: 'ok' });
  } catch (error) {
    logger.error('unhealthy', { error });
    return json(503, UNHEALTHY);
  }
}
