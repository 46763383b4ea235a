import { readFile } from 'node:fs/promises';
import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceInUseException,
  type TimeToLiveSpecification,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { parse } from 'yaml';
import { LOCAL_AWS } from '../cli/local-stack.ts';

/** The names of the tables, which `serverless.yml` gives them on the stage `local`. */
export const TABLES = {
  Interactions: 'nat-destination-local-interactions',
  Workspaces: 'nat-destination-local-workspaces',
} as const;

/**
 * How AWS clients connect to a local DynamoDB. DynamoDB Local keeps a separate database for each
 * access key id.
 */
export interface DynamoDBAddress {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/** A running DynamoDB with the tables of `resources/tables.yml`. */
export interface Database {
  address: DynamoDBAddress;
  stop(): Promise<void>;
}

/** A record of the ledger's stream, with the fields that `deliver` reads. */
export interface StreamRecord {
  eventID: string;
  eventName: string;
  eventSource: 'aws:dynamodb';
  dynamodb: {
    Keys: { contact: { S: string }; day: { S: string } };
    /** Undefined if the item was deleted. */
    NewImage: Record<string, AttributeValue> | undefined;
    SequenceNumber: string;
    StreamViewType: 'NEW_IMAGE';
  };
  /** Where it can be read again; absent if there is no real stream. */
  position?: StreamPosition;
}

/** The shard of a record, and when the record was written, ISO 8601. */
interface StreamPosition {
  streamArn: string;
  shardId: string;
  writtenAt: string;
}

/** The key of an interaction, in DynamoDB's JSON. */
export const keysSchema = v.object({
  contact: v.object({ S: v.string() }),
  day: v.object({ S: v.string() }),
});

/**
 * Reads the address of a DynamoDB Local that already runs from `DYNAMODB_ENDPOINT`.
 *
 * @returns undefined if the variable is missing or empty
 */
export function readDynamoDBAddress(env: NodeJS.ProcessEnv): DynamoDBAddress | undefined {
  const endpoint = env.DYNAMODB_ENDPOINT;
  return endpoint === undefined || endpoint === '' ? undefined : { endpoint, ...LOCAL_AWS };
}

/**
 * Creates a record of the ledger's stream.
 *
 * @param keys an object that contains the key of the item
 * @param NewImage the item as it was written; undefined if it was deleted
 */
export function createStreamRecord(
  SequenceNumber: string,
  eventName: string,
  keys: unknown,
  NewImage: Record<string, AttributeValue> | undefined,
): StreamRecord {
  const Keys = v.parse(keysSchema, keys);
  return {
    eventID: SequenceNumber,
    eventName,
    eventSource: 'aws:dynamodb',
    dynamodb: { Keys, NewImage, SequenceNumber, StreamViewType: 'NEW_IMAGE' },
  };
}

type TableProperties = Omit<CreateTableCommandInput, 'TableName'> & {
  TimeToLiveSpecification?: TimeToLiveSpecification;
};

/**
 * Creates the tables of `resources/tables.yml`. A table that already exists stays as it is.
 *
 * @param withStream true if this DynamoDB supports streams and TTL
 */
export async function createTables(address: DynamoDBAddress, withStream: boolean): Promise<void> {
  const db = new DynamoDBClient(address);
  const path = new URL('../resources/tables.yml', import.meta.url);
  const { Resources } = parse(await readFile(path, 'utf8'));
  for (const [name, TableName] of Object.entries(TABLES)) {
    const properties: TableProperties = Resources[name].Properties;
    const { BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = properties;
    const { StreamSpecification, TimeToLiveSpecification } = properties;
    const table = {
      TableName,
      BillingMode,
      AttributeDefinitions,
      KeySchema,
      GlobalSecondaryIndexes,
    };
    const stream = withStream &&
      StreamSpecification !== undefined && {
        StreamSpecification: { ...StreamSpecification, StreamEnabled: true },
      };
    await db.send(new CreateTableCommand({ ...table, ...stream })).catch((error: unknown) => {
      if (!(error instanceof ResourceInUseException)) throw error;
    });
    if (withStream && TimeToLiveSpecification !== undefined) {
      await enableTimeToLive(db, TableName, TimeToLiveSpecification);
    }
  }
  db.destroy();
}

/** DynamoDB rejects a request to enable TTL that is already enabled. */
async function enableTimeToLive(
  db: DynamoDBClient,
  TableName: string,
  specification: TimeToLiveSpecification,
): Promise<void> {
  const { TimeToLiveDescription } = await db.send(new DescribeTimeToLiveCommand({ TableName }));
  if (TimeToLiveDescription?.TimeToLiveStatus !== 'DISABLED') return;
  await db.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: specification }));
}
