import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as v from 'valibot';
import { createHandler } from '../../functions/identify.ts';
import { createServices } from '../../functions/services.ts';
import { entrySchema, type LedgerEntry } from '../../lib/ledger/entry.ts';
import { insertsOf } from '../../offline/insert-statements.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, type RequestParts, requestWith } from '../in-process/lambda.ts';
import { contactKeyOf, createMemorySecretStore } from '../in-process/secrets.ts';
import { SAMPLE, SENDERS, STANDARD_MESSAGE } from './senders.ts';

const READS = ['GetItem', 'BatchGetItem', 'Query'];
const putSchema = v.object({ TableName: v.string(), Item: v.record(v.string(), v.any()) });
const insertedSchema = v.object({
  Responses: v.array(v.object({ Error: v.optional(v.object({})) })),
});

/** What one request changed in the tables. */
export interface Effects {
  /** The items that it wrote to the ledger. */
  written: LedgerEntry[];
  /** Operations that it should not have asked for. */
  unexpected: string[];
}

/** The fuzzed service. */
export type Target = Awaited<ReturnType<typeof createTarget>>;

/**
 * Creates the real handler with an empty ledger. Two containers take turns, so that duplicates are
 * found both in memory and in the ledger.
 */
export async function createTarget() {
  let effects: Effects = { written: [], unexpected: [] };
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const db = createInProcessClient(async (operation, input) => {
    const answer = await database.execute(operation, input);
    if (answer.statusCode === 200 && !READS.includes(operation))
      note(operation, input, answer.body);
    return answer;
  });
  await addSenders();
  const containers = [0, 1].map(() => {
    const services = createServices(CONFIG, db, createMemorySecretStore());
    return createHandler(() => services);
  });
  return {
    /** The key of a contact in the ledger. */
    contactOf: (sender: string, email: string) => `${sender}#${contactKeyOf(sender, email)}`,
    /** Sends one request, and gives the answer and its effects on the tables. */
    async send(request: RequestParts, id: string) {
      effects = { written: [], unexpected: [] };
      const handler = containers[Number(id) % containers.length];
      if (handler === undefined) throw new Error('no container');
      const answer: APIGatewayProxyStructuredResultV2 = await handler(
        requestWith(request),
        contextWith('identify', id, () => 28_000),
      );
      return { answer, effects };
    },
    close: () => db.destroy(),
  };

  function note(operation: string, input: Record<string, unknown>, body: unknown): void {
    if (operation === 'BatchExecuteStatement') {
      const { Responses } = v.parse(insertedSchema, body);
      insertsOf(input).forEach((insert, index) => {
        if (Responses[index]?.Error === undefined) note('PutItem', { ...insert }, undefined);
      });
    } else if (operation !== 'PutItem' || input.TableName !== TABLES.Interactions) {
      effects.unexpected.push(`${operation} ${String(input.TableName)}`);
    } else effects.written.push(v.parse(entrySchema, unmarshall(v.parse(putSchema, input).Item)));
  }

  async function addSenders() {
    const operator = createInProcessOperator(db);
    for (const { id, disabled = false, paths, ...sender } of SENDERS) {
      const workspace = { workspace: id };
      const settings = { name: id, standardMessage: STANDARD_MESSAGE, ...sender };
      await operator.run({ command: 'workspace.add', ...workspace, ...settings });
      const update = { command: 'workspace.update', ...workspace, sample: SAMPLE, ...paths };
      if (paths !== undefined) await operator.run(update);
      if (disabled) await operator.run({ command: 'workspace.disable', ...workspace });
    }
  }
}
