import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import * as v from 'valibot';
import { LOCAL_AWS } from '../cli/local-stack.ts';
import {
  createStreamRecord,
  createTables,
  type Database,
  keysSchema,
  type StreamRecord,
  TABLES,
} from './database.ts';
import { answerInserts } from './insert-statements.ts';

/**
 * Starts dynalite on a free port. It has no streams, so successful write requests become records. It
 * has no PartiQL, so each insert of a BatchExecuteStatement becomes a write request.
 *
 * @param onRecord called for each item that is written to the ledger, or deleted; no stream if undefined
 */
export async function startEmbeddedDatabase(
  onRecord?: (record: StreamRecord) => void,
): Promise<Database> {
  const server = dynalite({ createTableMs: 0 });
  const [answer] = server.listeners('request');
  if (answer === undefined) throw new Error('dynalite answers nothing');
  const publishing = new Set<Promise<void>>();
  let db: DynamoDBClient | undefined;
  let sequence = 0;
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1];
    if (db !== undefined && operation === 'BatchExecuteStatement') {
      void answerInserts(db, request, response);
      return;
    }
    if (onRecord !== undefined && isWrite(operation)) {
      watchRequest(operation, request, response, (write) => {
        sequence += 1;
        const published = publish(write, sequence, onRecord);
        publishing.add(published);
        void published.finally(() => publishing.delete(published));
      });
    }
    Reflect.apply(answer, server, [request, response]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = server.address();
  const port = typeof listening === 'object' ? listening?.port : undefined;
  const address = { endpoint: `http://127.0.0.1:${port}`, ...LOCAL_AWS };
  await createTables(address, false);
  db = new DynamoDBClient(address);
  return {
    address,
    stop: async () => {
      // dynalite throws if it is closed during a read.
      await Promise.all(publishing);
      db?.destroy();
      const closed = new Promise<void>((resolve, reject) =>
        server.close((error?: Error) => (error ? reject(error) : resolve())),
      );
      server.closeAllConnections();
      await closed;
    },
  };

  async function publish(
    write: Write,
    sequence: number,
    onRecord: (record: StreamRecord) => void,
  ): Promise<void> {
    const record = db && (await readRecord(db, write, sequence));
    if (record !== undefined) onRecord(record);
  }
}

const EVENT_NAMES = { PutItem: 'INSERT', UpdateItem: 'MODIFY', DeleteItem: 'REMOVE' } as const;

/** A successful write to the ledger. `item` has at least the key. */
interface Write {
  operation: keyof typeof EVENT_NAMES;
  item: unknown;
}

const writeSchema = v.object({
  TableName: v.string(),
  Item: v.optional(v.unknown()),
  Key: v.optional(v.unknown()),
});

function watchRequest(
  operation: Write['operation'],
  request: IncomingMessage,
  response: ServerResponse,
  onWrite: (write: Write) => void,
): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Not at `finish`: a caller that has left gets no answer, but the write took effect.
  const { end } = response;
  Object.defineProperty(response, 'end', {
    value: (...args: unknown[]): unknown => {
      if (response.statusCode === 200) publishWrite();
      return Reflect.apply(end, response, args);
    },
  });

  function publishWrite(): void {
    const { TableName, Item, Key } = v.parse(
      writeSchema,
      JSON.parse(Buffer.concat(chunks).toString()),
    );
    if (TableName === TABLES.Interactions) onWrite({ operation, item: Item ?? Key });
  }
}

function isWrite(operation: string | undefined): operation is Write['operation'] {
  return operation !== undefined && Object.hasOwn(EVENT_NAMES, operation);
}

async function readRecord(
  reader: DynamoDBClient,
  { operation, item }: Write,
  sequence: number,
): Promise<StreamRecord | undefined> {
  const Keys = v.parse(keysSchema, item);
  const { Item } = await reader.send(
    new GetItemCommand({ TableName: TABLES.Interactions, Key: Keys, ConsistentRead: true }),
  );
  // A later write of the same item has its own record.
  if ((Item === undefined) !== (operation === 'DeleteItem')) return undefined;
  const SequenceNumber = String(sequence).padStart(21, '0');
  return createStreamRecord(SequenceNumber, EVENT_NAMES[operation], Keys, Item);
}
