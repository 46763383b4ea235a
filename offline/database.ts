import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { parse } from 'yaml';
import * as z from 'zod/mini';

/** What the local stack names its tables, as `serverless.yml` does for the stage `local`. */
export const TABLES = {
  Interactions: 'nat-destination-local-interactions',
  Workspaces: 'nat-destination-local-workspaces',
} as const;

/** A write that took effect: which table, and the key of the item. */
export interface Write {
  table: string;
  kind: 'PutItem' | 'UpdateItem';
  item: Record<string, unknown>;
}

/** The embedded DynamoDB. */
export interface Database {
  endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts dynalite on a free port, with the tables that are deployed.
 *
 * @param onWrite called after each write that took effect: dynalite has no streams
 */
export async function startDatabase(onWrite: (write: Write) => void): Promise<Database> {
  const server = dynalite({ createTableMs: 0 });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
    observe(request, response, onWrite),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  await createTables(endpoint);
  return {
    endpoint,
    stop: async () => {
      const closed = new Promise<void>((resolve, reject) =>
        server.close((error?: Error) => (error ? reject(error) : resolve())),
      );
      server.closeAllConnections();
      await closed;
    },
  };
}

const writeSchema = z.object({
  TableName: z.string(),
  Item: z.optional(z.record(z.string(), z.unknown())),
  Key: z.optional(z.record(z.string(), z.unknown())),
});

function observe(
  request: IncomingMessage,
  response: ServerResponse,
  onWrite: (write: Write) => void,
): void {
  const kind = String(request.headers['x-amz-target']).split('.')[1];
  if (kind !== 'PutItem' && kind !== 'UpdateItem') return;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('finish', () => {
    if (response.statusCode !== 200) return;
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const { TableName, Item, Key } = writeSchema.parse(body);
    onWrite({ table: TableName, kind, item: Item ?? Key ?? {} });
  });
}

type TableProperties = Omit<CreateTableCommandInput, 'TableName'>;

/** Creates what `resources/tables.yml` says, as far as a local DynamoDB knows it. */
async function createTables(endpoint: string): Promise<void> {
  const db = new DynamoDBClient({ endpoint, ...LOCAL_AWS });
  const path = new URL('../resources/tables.yml', import.meta.url);
  const { Resources } = parse(await readFile(path, 'utf8'));
  for (const [name, TableName] of Object.entries(TABLES)) {
    const { BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = Resources[name]
      .Properties satisfies TableProperties;
    await db.send(
      new CreateTableCommand({
        TableName,
        BillingMode,
        AttributeDefinitions,
        KeySchema,
        GlobalSecondaryIndexes,
      }),
    );
  }
  db.destroy();
}

/** What the AWS clients of the local stack need to be given, though nothing looks at it. */
export const LOCAL_AWS = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};
