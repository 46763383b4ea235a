import { createTable, type EmbeddedDynamoDB } from '../../tests/in-process/dynamodb.ts';

/** The table that the documentation of Powertools describes. */
export const IDEMPOTENCY_TABLE = 'idempotency';

/** Creates the table that the documentation of Powertools describes. */
export function createIdempotencyTable(database: EmbeddedDynamoDB): Promise<void> {
  return createTable(database, {
    TableName: IDEMPOTENCY_TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
}

/** The attributes of the key of a table. */
export function keysOf(table: string): string[] {
  if (table === IDEMPOTENCY_TABLE) return ['id'];
  return table.endsWith('interactions') ? ['contact', 'day'] : ['key'];
}
