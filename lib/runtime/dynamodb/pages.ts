import {
  type DynamoDBClient,
  paginateQuery,
  paginateScan,
  type QueryCommandInput,
  type ScanCommandInput,
} from '@aws-sdk/client-dynamodb';
import type * as z from 'zod/mini';
import { type Item, parseItem } from './items.ts';

/** One page of a query or a scan. */
export interface Page<T> {
  entries: T[];
  /** How many items DynamoDB looked at for this page. */
  scanned: number;
  /** Where the next page starts; undefined on the last page. */
  next: Item | undefined;
}

/** Reads a query page by page, each page when it is asked for. */
export function queryPages<T>(
  db: DynamoDBClient,
  input: QueryCommandInput,
  schema: z.ZodMiniType<T>,
): AsyncGenerator<Page<T>> {
  return parsePages(paginateQuery({ client: db }, input), schema);
}

/** Reads a scan page by page, each page when it is asked for. */
export function scanPages<T>(
  db: DynamoDBClient,
  input: ScanCommandInput,
  schema: z.ZodMiniType<T>,
): AsyncGenerator<Page<T>> {
  return parsePages(paginateScan({ client: db }, input), schema);
}

/** Reads all pages to the end. */
export async function readAll<T>(pages: AsyncIterable<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for await (const { entries } of pages) all.push(...entries);
  return all;
}

async function* parsePages<T>(
  pages: ReturnType<typeof paginateQuery | typeof paginateScan>,
  schema: z.ZodMiniType<T>,
): AsyncGenerator<Page<T>> {
  for await (const { Items = [], ScannedCount = 0, LastEvaluatedKey } of pages) {
    const entries = Items.map((item) => parseItem(schema, item));
    yield { entries, scanned: ScannedCount, next: LastEvaluatedKey };
  }
}
