import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { LOCAL_API_KEY } from '../cli/local-stack.ts';
import { createRepairs } from '../lib/ledger/repairs.ts';
import { createOperator } from '../lib/operator/operator.ts';
import { openSecrets } from '../lib/runtime/secret-source.ts';
import { createSecretStore } from '../lib/runtime/secret-store.ts';
import { createRegistry } from '../lib/workspaces/registry.ts';
import { type DynamoDBAddress, TABLES } from './database.ts';
import { LOCAL_SECRETS } from './secrets-manager.ts';

const LOCAL_WORKSPACE = { workspace: 'local', name: 'Local', apiKey: LOCAL_API_KEY };

const workspacesSchema = v.array(v.looseObject({ workspace: v.string() }));

/**
 * Adds the workspace `local`, unless a DynamoDB Local has it from an earlier run. The operator's
 * commands run in this process, because the workspace must exist before the API answers: the API
 * remembers an unknown key.
 */
export async function addLocalWorkspace(
  address: DynamoDBAddress,
  secretsManagerUrl: string,
): Promise<void> {
  const db = new DynamoDBClient(address);
  const client = new SecretsManagerClient({ ...address, endpoint: secretsManagerUrl });
  const { secrets, renew } = await openSecrets(createSecretStore(client), LOCAL_SECRETS);
  const operator = createOperator({
    repairs: createRepairs(db, TABLES.Interactions),
    registry: createRegistry(db, TABLES.Workspaces),
    secrets,
    renewSecrets: renew,
    remainingMs: () => Number.POSITIVE_INFINITY,
    audit: () => {},
  });
  const workspaces = v.parse(workspacesSchema, await operator.run({ command: 'workspace.list' }));
  if (!workspaces.some(({ workspace }) => workspace === LOCAL_WORKSPACE.workspace)) {
    await operator.run({ command: 'workspace.add', ...LOCAL_WORKSPACE });
  }
  client.destroy();
  db.destroy();
}
