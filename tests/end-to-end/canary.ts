import { DynamoDBClient, paginateScan, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type DynamoDBAddress, TABLES } from '../../offline/database.ts';

/** In every address and every key of the tests. No other word of the service or the tests has it. */
export const CANARY = 'canary7';

/** The canary, or what a parser quotes of it. */
const TRACES = /canar|anary|nary7/i;

/** true if a text tells something of an address or a key. */
export function hasCanary(text: string): boolean {
  return TRACES.test(text);
}

/**
 * Finds addresses and keys where none may be: in the lines that the functions printed, in what the
 * ledger keeps beside the content of an interaction, in what it keeps after a delivery, and in the
 * table of workspaces.
 *
 * @returns each line and each item with the canary
 */
export function leaksIn(lines: string[], stored: Stored): string[] {
  const interactions = stored.interactions.map(({ event, ...rest }) =>
    JSON.stringify(rest.status === 'delivered' ? { event, ...rest } : rest),
  );
  const workspaces = stored.workspaces.map((item) => JSON.stringify(item));
  return [...lines, ...interactions, ...workspaces].filter(hasCanary);
}

/** What the tables hold. */
export interface Stored {
  interactions: Record<string, unknown>[];
  workspaces: Record<string, unknown>[];
}

/** Reads both tables. A table that a test has deleted is empty. */
export async function readTables(address: DynamoDBAddress): Promise<Stored> {
  const client = new DynamoDBClient(address);
  try {
    return {
      interactions: await readTable(client, TABLES.Interactions),
      workspaces: await readTable(client, TABLES.Workspaces),
    };
  } finally {
    client.destroy();
  }
}

async function readTable(client: DynamoDBClient, TableName: string) {
  const items: Record<string, unknown>[] = [];
  try {
    for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
      items.push(...Items.map((item) => unmarshall(item)));
    }
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  return items;
}
