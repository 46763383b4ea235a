import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createLedger } from '../lib/ledger/ledger.ts';
import { type Config, readConfig } from '../lib/runtime/config.ts';
import { createDynamoDB } from '../lib/runtime/dynamodb.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { createSecrets } from '../lib/runtime/secrets.ts';
import { createWorkspaces } from '../lib/workspaces/workspaces.ts';

/** What every function works with. */
export type Services = ReturnType<typeof createServices>;

/**
 * @param config the deployment's
 * @param db the client of its tables
 */
export function createServices(config: Config, db: DynamoDBClient) {
  return {
    config,
    db,
    secrets: createSecrets(config.DEPLOYMENT_SECRET),
    ledger: createLedger(db, config.INTERACTIONS_TABLE, config.RETENTION_DAYS),
    workspaces: createWorkspaces(db, config.WORKSPACES_TABLE),
  };
}

/** This container's services: made at the first call, so that importing a function costs nothing. */
export const services = lazy(() => createServices(readConfig(process.env), createDynamoDB()));
