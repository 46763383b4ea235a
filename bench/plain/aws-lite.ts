/** The same with aws-lite, the lightest client that is kept well. */
import awsLite from '@aws-lite/client';
import dynamodb from '@aws-lite/dynamodb';
import type {} from '@aws-lite/dynamodb-types';

/** Writes one item. */
export async function handler(): Promise<void> {
  const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  const aws = await awsLite({ plugins: [dynamodb], ...(endpoint !== undefined && { endpoint }) });
  await aws.DynamoDB.PutItem({
    TableName: process.env.IDEMPOTENCY_TABLE ?? '',
    Item: { id: 'aws-lite' },
  });
}
