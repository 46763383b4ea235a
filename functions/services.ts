import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createLedger } from '../lib/ledger/ledger.ts';
import { type Config, readConfig } from '../lib/runtime/config.ts';
import { createDynamoDB } from '../lib/runtime/dynamodb/client.ts';
import { lazy } from '../lib/runtime/lazy.ts';
import { createSecretSource } from '../lib/runtime/secret-source.ts';
import { createSecretStore, type SecretStore } from '../lib/runtime/secret-store.ts';
import { createSecretsManager } from '../lib/runtime/secrets-manager.ts';
import { createWorkspaces } from '../lib/workspaces/workspaces.ts';

/** What all functions work with. */
export type Services = ReturnType<typeof createServices>;

/**
 * @param config the settings of the deployment
 * @param db the client for its tables
 * @param secretStore where its secrets are kept
 */
export function createServices(config: Config, db: DynamoDBClient, secretStore: SecretStore) {
  return {
    config,
    db,
    secretStore,
    secrets: createSecretSource(secretStore, config),
    ledger: createLedger(db, config.INTERACTIONS_TABLE, config.RETENTION_DAYS),
    workspaces: createWorkspaces(db, config.WORKSPACES_TABLE),
  };
}

/** The services of this container. The first call creates them, so that an import stays cheap. */
export const services = lazy(() =>
  createServices(
    readConfig(process.env),
    createDynamoDB(),
    createSecretStore(createSecretsManager()),
  ),
);
