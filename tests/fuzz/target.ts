import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { createHandler } from '../../functions/identify.ts';
import { createServices } from '../../functions/services.ts';
import { entrySchema, type LedgerEntry } from '../../lib/ledger/entry.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import { CONFIG, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, type RequestParts, requestWith } from '../in-process/lambda.ts';
import { SAMPLE, SENDERS, STANDARD_MESSAGE } from './senders.ts';

const READS = ['GetItem', 'BatchGetItem', 'Query'];
const putSchema = z.object({ TableName: z.string(), Item: z.record(z.string(), z.any()) });

/** What one request did to the tables. */
export interface Effects {
  /** What was written to the ledger. */
  written: LedgerEntry[];
  /** Operations that nobody should have asked for. */
  unexpected: string[];
}

/** The service under fuzzing. */
export type Target = Awaited<ReturnType<typeof createTarget>>;

/**
 * The real handler with an empty ledger. Two containers take turns, so that a duplicate is found
 * both in a container's memory and in the ledger.
 */
export async function createTarget() {
  let effects: Effects = { written: [], unexpected: [] };
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const db = createInProcessClient(async (operation, input) => {
    const answer = await database.execute(operation, input);
    if (answer.statusCode === 200 && !READS.includes(operation)) note(operation, input);
    return answer;
  });
  const { secrets } = await addSenders();
  const containers = [0, 1].map(() => {
    const services = createServices(CONFIG, db);
    return createHandler(() => services);
  });
  return {
    /** How the ledger names a contact. */
    contactOf: (sender: string, email: string) => `${sender}#${secrets.contactKey(sender, email)}`,
    /** Answers one request, and tells what it did to the tables. */
    async send(request: RequestParts, id: string) {
      effects = { written: [], unexpected: [] };
      const handler = containers[Number(id) % containers.length];
      if (handler === undefined) throw new Error('there is no container');
      const answer: APIGatewayProxyStructuredResultV2 = await handler(
        requestWith(request),
        contextWith('identify', id, () => 28_000),
      );
      return { answer, effects };
    },
    close: () => db.destroy(),
  };

  function note(operation: string, input: Record<string, unknown>): void {
    if (operation !== 'PutItem' || input.TableName !== TABLES.Interactions) {
      effects.unexpected.push(`${operation} ${String(input.TableName)}`);
    } else effects.written.push(entrySchema.parse(unmarshall(putSchema.parse(input).Item)));
  }

  async function addSenders() {
    const services = createServices(CONFIG, db);
    const repairs = createRepairs(db, TABLES.Interactions);
    const operator = createOperator({ ...services, repairs, remainingMs: () => 60_000 });
    for (const { disabled = false, paths, ...sender } of SENDERS) {
      const standardMessage = STANDARD_MESSAGE;
      await operator.run({ command: 'workspace.add', name: sender.id, standardMessage, ...sender });
      const update = { command: 'workspace.update', id: sender.id, sample: SAMPLE, ...paths };
      if (paths !== undefined) await operator.run(update);
      if (disabled) await operator.run({ command: 'workspace.disable', id: sender.id });
    }
    return services;
  }
}
