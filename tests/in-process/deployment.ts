import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createServices } from '../../functions/services.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { createRegistry } from '../../lib/workspaces/registry.ts';

/** The names of the tables in this process. */
export const TABLES = { Interactions: 'interactions', Workspaces: 'workspaces' };

/** The configuration of a deployment in this process. Nothing answers at its Nat. */
export const CONFIG = {
  INTERACTIONS_TABLE: TABLES.Interactions,
  WORKSPACES_TABLE: TABLES.Workspaces,
  DEPLOYMENT_SECRET: 'a deployment secret of more than 32 characters',
  NAT_API_URL: 'http://simulated.invalid/identify',
  RETENTION_DAYS: undefined,
};

/** The operator's commands in this process, with as much time as they need. */
export function createInProcessOperator(db: DynamoDBClient) {
  return createOperator({
    repairs: createRepairs(db, TABLES.Interactions),
    registry: createRegistry(db, TABLES.Workspaces),
    secrets: createServices(CONFIG, db).secrets,
    remainingMs: () => 60_000,
    audit: () => {},
  });
}
