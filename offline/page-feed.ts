import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createRepairs } from '../lib/ledger/repairs.ts';
import { createSecretSource } from '../lib/runtime/secret-source.ts';
import { createSecretStore } from '../lib/runtime/secret-store.ts';
import { createRegistry } from '../lib/workspaces/registry.ts';
import { createWorkspaces } from '../lib/workspaces/workspaces.ts';
import { type DynamoDBAddress, type StreamRecord, TABLES } from './database.ts';
import { createLocalAccounts } from './local-accounts.ts';
import { createRequestReader, type RecordedRequest } from './read-request.ts';
import type { Delivery } from './sandbox/request-events.ts';
import type { Sandbox } from './sandbox/server.ts';
import { LOCAL_SECRETS } from './secrets-manager.ts';
import { createLedgerWatch } from './watch-ledger.ts';

export type PageFeed = ReturnType<typeof createPageFeed>;

/**
 * Creates what connects the page of the sandbox, which knows nothing of the service, to the tables
 * of the service.
 */
export function createPageFeed(address: DynamoDBAddress, secretsManagerUrl: string) {
  const db = new DynamoDBClient(address);
  const client = new SecretsManagerClient({ ...address, endpoint: secretsManagerUrl });
  const secrets = createSecretSource(createSecretStore(client), LOCAL_SECRETS);
  const accounts = createLocalAccounts(createRegistry(db, TABLES.Workspaces), secrets);
  const readRequest = createRequestReader(createWorkspaces(db, TABLES.Workspaces), secrets);
  const repairs = createRepairs(db, TABLES.Interactions);
  let work = Promise.resolve();
  let stopped = false;

  return {
    findTimeZone: accounts.findTimeZone,

    async readDelivery(id: string): Promise<Delivery | undefined> {
      const end = id.lastIndexOf('#');
      const entry = await repairs.read({ contact: id.slice(0, end), day: id.slice(end + 1) });
      if (entry?.status === undefined) return undefined;
      const { status, attempts = 0, lastError, dueAt, settledAt } = entry;
      return { status, attempts, lastError, dueAt, settledAt };
    },

    /** Gives what takes recorded requests and records of the ledger's stream. */
    connect({ requests, deliveries }: Sandbox) {
      const showRecord = createLedgerWatch(deliveries, accounts);
      return {
        onRecord: (record: StreamRecord) => enqueue(() => showRecord(record)),
        onRequest: (request: RecordedRequest) =>
          enqueue(async () => requests.add(await readRequest(request))),
      };
    },

    /** Resolves when nothing is read any more. */
    async stop(): Promise<void> {
      stopped = true;
      await work;
      client.destroy();
      db.destroy();
    },
  };

  /** One after the other, in their order. What fails is not shown. */
  function enqueue(task: () => Promise<void>): void {
    work = work.then(() => (stopped ? undefined : task())).catch(() => {});
  }
}
