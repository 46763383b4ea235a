import {
  type DynamoDBClient,
  paginateQuery,
  paginateScan,
  type QueryCommandInput,
  type ScanCommandInput,
} from '@aws-sdk/client-dynamodb';
import type * as v from 'valibot';
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
  schema: v.GenericSchema<unknown, T>,
): AsyncGenerator<Page<T>> {
  return parsePages(paginateQuery({ client: db }, input), schema);
}

/** Reads a scan page by page, each page when it is asked for. */
export function scanPages<T>(
  db: DynamoDBClient,
  input: ScanCommandInput,
  schema: v.GenericSchema<unknown, T>,
): AsyncGenerator<Page<T>> {
  return parsePages(paginateScan({ client: db }, input), schema);
}

/** Reads all pages to the end. */
export async function readAll<T>(pages: AsyncIterable<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for await (const { entries } of pages) all.push(...entries);
  return all;
}

/** How many items a query or a scan found. */
export interface Counted {
  count: number;
  /** false if the time was up: there are at least `count`. */
  complete: boolean;
}

/**
 * Adds up the pages of a query or a scan that only counts.
 *
 * @param hasTime asked before each page but the first
 */
export async function countPages(
  pages: ReturnType<typeof paginateQuery | typeof paginateScan>,
  hasTime: () => boolean,
): Promise<Counted> {
  let count = 0;
  for await (const { Count = 0, LastEvaluatedKey } of pages) {
    count += Count;
    if (LastEvaluatedKey !== undefined && !hasTime()) return { count, complete: false };
  }
  return { count, complete: true };
}

async function* parsePages<T>(
  pages: ReturnType<typeof paginateQuery | typeof paginateScan>,
  schema: v.GenericSchema<unknown, T>,
): AsyncGenerator<Page<T>> {
  for await (const { Items = [], ScannedCount = 0, LastEvaluatedKey } of pages) {
    const entries = Items.map((item) => parseItem(schema, item));
    yield { entries, scanned: ScannedCount, next: LastEvaluatedKey };
  }
}
