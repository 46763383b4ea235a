/** The least that writes to DynamoDB with the AWS SDK. */
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';

const db = new DynamoDBClient();

/** Writes one item. */
export async function handler(): Promise<void> {
  await db.send(
    new PutItemCommand({
      TableName: process.env.IDEMPOTENCY_TABLE ?? '',
      Item: { id: { S: 'bare client' } },
    }),
  );
}
