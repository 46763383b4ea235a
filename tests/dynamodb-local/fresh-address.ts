import { randomUUID } from 'node:crypto';
import { type DynamoDBAddress, readDynamoDBAddress } from '../../offline/database.ts';

/**
 * A database of its own in the DynamoDB Local that `DYNAMODB_ENDPOINT` names, which keeps one per
 * access key id; undefined if none is named.
 */
export function freshAddress(): DynamoDBAddress | undefined {
  const dynamodb = readDynamoDBAddress(process.env);
  const credentials = { accessKeyId: randomUUID().replaceAll('-', ''), secretAccessKey: 'local' };
  return dynamodb && { ...dynamodb, credentials };
}
