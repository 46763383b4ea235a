import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { openSecrets } from '../../lib/runtime/secret-source.ts';
import { createRegistry } from '../../lib/workspaces/registry.ts';
import { createMemorySecretStore, SECRET_NAMES } from './secrets.ts';

/** The names of the tables in this process. */
export const TABLES = { Interactions: 'interactions', Workspaces: 'workspaces' };

/** The configuration of a deployment in this process. Nothing answers at its Nat. */
export const CONFIG = {
  INTERACTIONS_TABLE: TABLES.Interactions,
  WORKSPACES_TABLE: TABLES.Workspaces,
  ...SECRET_NAMES,
  NAT_API_URL: 'http://simulated.invalid/identify',
  RETENTION_DAYS: undefined,
  ROUTINE_LOG_RATE: 0,
};

/** The operator's commands in this process, with as much time as they need. */
export function createInProcessOperator(
  db: DynamoDBClient,
  secretStore = createMemorySecretStore(),
) {
  return {
    async run(request: object): Promise<unknown> {
      const { secrets, renew } = await openSecrets(secretStore, SECRET_NAMES);
      const operator = createOperator({
        repairs: createRepairs(db, TABLES.Interactions),
        registry: createRegistry(db, TABLES.Workspaces),
        secrets,
        renewSecrets: renew,
        remainingMs: () => 60_000,
        audit: () => {},
      });
      return operator.run(request);
    },
  };
}
