import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createLedger } from '../lib/ledger/ledger.ts';
import { type Config, readConfig } from '../lib/runtime/config.ts';
import { createDynamoDB } from '../lib/runtime/dynamodb/client.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { createSecrets } from '../lib/runtime/secrets.ts';
import { createWorkspaces } from '../lib/workspaces/workspaces.ts';

/** What all functions work with. */
export type Services = ReturnType<typeof createServices>;

/**
 * @param config the settings of the deployment
 * @param db the client for its tables
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

/** The services of this container. The first call creates them, so that an import stays cheap. */
export const services = lazy(() => createServices(readConfig(process.env), createDynamoDB()));
