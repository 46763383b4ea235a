import { randomUUID } from 'node:crypto';
import { type DynamoDBAddress, readDynamoDBAddress } from '../../offline/database.ts';

/**
 * An empty database in the DynamoDB Local that `DYNAMODB_ENDPOINT` names; undefined if it names none.
 * DynamoDB Local keeps one database per access key id.
 */
export function freshAddress(): DynamoDBAddress | undefined {
  const dynamodb = readDynamoDBAddress(process.env);
  const credentials = { accessKeyId: randomUUID().replaceAll('-', ''), secretAccessKey: 'local' };
  return dynamodb && { ...dynamodb, credentials };
}
