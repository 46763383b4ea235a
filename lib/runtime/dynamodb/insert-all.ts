import { BatchExecuteStatementCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from './items.ts';

/** DynamoDB's limit for the statements of one BatchExecuteStatement. */
export const MAX_INSERTS = 25;

/**
 * Inserts several items with one call. Each is a write of its own, with the condition that no item
 * has its key, and costs the same units as a conditional PutItem. A failed one leaves the others.
 *
 * @param table the table's name
 * @param items up to `MAX_INSERTS`
 * @returns for each item whether it was inserted. It was not if its key is taken, or if DynamoDB
 * could not write it now
 * @throws if the whole call fails; some items may have been inserted
 */
export async function insertAll(
  db: DynamoDBClient,
  table: string,
  items: Item[],
): Promise<boolean[]> {
  const Statements = items.map((item) => {
    const fields = Object.keys(item).map((attribute) => `'${attribute}': ?`);
    return {
      Statement: `INSERT INTO "${table}" VALUE {${fields.join(', ')}}`,
      Parameters: Object.values(item),
    };
  });
  const { Responses = [] } = await db.send(new BatchExecuteStatementCommand({ Statements }));
  return items.map((_, index) => {
    const response = Responses[index];
    return response !== undefined && response.Error === undefined;
  });
}
