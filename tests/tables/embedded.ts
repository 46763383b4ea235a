import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import type { LedgerEntry } from '../../lib/ledger/entry.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import type { AuditEntry } from '../../lib/operator/audit.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { createRegistry } from '../../lib/workspaces/registry.ts';
import { createWorkspaces } from '../../lib/workspaces/workspaces.ts';
import { createTables, TABLES } from '../../offline/database.ts';
import { freshAddress } from '../dynamodb-local/fresh-address.ts';
import {
  createEmbeddedDynamoDB,
  createTables as createEmbeddedTables,
  createInProcessClient,
} from '../in-process/dynamodb.ts';
import { operatorSecrets } from '../in-process/secrets.ts';

/** What a test of the tables works with. */
export interface Tables {
  db: DynamoDBClient;
  /** The operations sent since a test emptied the list, such as `PutItem`. */
  operations: string[];
  ledger: ReturnType<typeof createLedger>;
  workspaces: ReturnType<typeof createWorkspaces>;
  registry: ReturnType<typeof createRegistry>;
  /** What was written to the audit log. */
  audited: AuditEntry[];
  operator: ReturnType<typeof createOperator>;
}

/**
 * Creates tables for one test file: embedded, or in the DynamoDB Local at `DYNAMODB_ENDPOINT`.
 *
 * @param retentionDays the deployment's RETENTION_DAYS
 */
export function embeddedTables(retentionDays?: number): () => Tables {
  let tables: Tables;
  beforeAll(async () => {
    const db = await connect();
    const operations: string[] = [];
    db.middlewareStack.add(
      (next, context) => (args) => {
        operations.push(String(context.commandName).replace(/Command$/, ''));
        return next(args);
      },
      { step: 'initialize' },
    );
    const ledger = createLedger(db, TABLES.Interactions, retentionDays);
    const workspaces = createWorkspaces(db, TABLES.Workspaces);
    const repairs = createRepairs(db, TABLES.Interactions);
    const registry = createRegistry(db, TABLES.Workspaces);
    const audited: AuditEntry[] = [];
    const operator = createOperator({
      repairs,
      registry,
      ...operatorSecrets,
      remainingMs: () => 900_000,
      audit: (entry) => void audited.push(entry),
    });
    tables = { db, operations, ledger, workspaces, registry, audited, operator };
  });
  afterAll(() => tables.db.destroy());
  return () => tables;
}

/** The embedded database needs no HTTP here, which would cost half of the CPU of these tests. */
async function connect(): Promise<DynamoDBClient> {
  const address = freshAddress();
  if (address === undefined) {
    const database = createEmbeddedDynamoDB();
    await createEmbeddedTables(database, TABLES);
    return createInProcessClient(database.execute);
  }
  await createTables(address, true);
  return new DynamoDBClient(address);
}

/** Waits for an entry that must exist. */
export async function existing(read: Promise<LedgerEntry | undefined>): Promise<LedgerEntry> {
  const entry = await read;
  if (entry === undefined) throw new Error('the ledger has no such interaction');
  return entry;
}
