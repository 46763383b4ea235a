import { readConfig } from './config.ts';
import { createDynamoDB } from './dynamodb.ts';
import { createLedger } from './ledger.ts';
import { createSecrets } from './secrets.ts';
import { createWorkspaces } from './workspaces.ts';

/** What every function works with: made at its first call, so that importing it costs nothing. */
export const services = once(() => {
  const config = readConfig(process.env);
  const db = createDynamoDB();
  return {
    config,
    db,
    secrets: createSecrets(config.DEPLOYMENT_SECRET),
    ledger: createLedger(db, config.INTERACTIONS_TABLE, config.RETENTION_DAYS),
    workspaces: createWorkspaces(db, config.WORKSPACES_TABLE),
  };
});

/**
 * @param make called at most once that succeeds
 * @returns a function that gives what `make` gave
 */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
