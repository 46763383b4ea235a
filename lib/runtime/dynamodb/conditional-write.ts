import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Expression, expressions } from './expressions.ts';
import type { Item } from './items.ts';

/** Which item a write is about, and what must hold so that it takes effect. */
interface ConditionalWrite {
  table: string;
  key: Item;
  condition: Expression | undefined;
}

/** An update that takes effect only if its condition holds. */
export interface ConditionalUpdate extends ConditionalWrite {
  condition: Expression;
  /** See `change` in expressions.ts. */
  update: Expression;
}

/**
 * Waits for a conditional write.
 *
 * @returns true if the write took effect, false if its condition did not hold
 * @throws every other error of the write
 */
export async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  return (await unlessConditionFailed(write.then(() => true))) ?? false;
}

/** @returns the item as it is after the update; undefined if the condition did not hold */
export function updateIf(
  db: DynamoDBClient,
  { table, key, condition, update }: ConditionalUpdate,
): Promise<Item | undefined> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: key,
    ...expressions({ ConditionExpression: condition, UpdateExpression: update }),
    ReturnValues: 'ALL_NEW',
  });
  return unlessConditionFailed(db.send(command).then(({ Attributes = {} }) => Attributes));
}

/**
 * Deletes an item if a condition holds, or whatever it is without a condition.
 *
 * @returns false if the condition did not hold
 */
export function deleteIf(
  db: DynamoDBClient,
  { table, key, condition }: ConditionalWrite,
): Promise<boolean> {
  const command = new DeleteItemCommand({
    TableName: table,
    Key: key,
    ...expressions({ ConditionExpression: condition }),
  });
  return conditionHeld(db.send(command));
}

async function unlessConditionFailed<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
