import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parse } from 'yaml';

const streamSchema = v.object({
  batchSize: v.number(),
  parallelizationFactor: v.number(),
  // Only the age of a record ends its tries, here as there.
  maximumRetryAttempts: v.literal(-1),
  maximumRecordAgeInSeconds: v.number(),
  filterPatterns: v.pipe(v.array(v.record(v.string(), v.unknown())), v.length(1)),
});

const serverlessSchema = v.object({
  functions: v.object({
    deliver: v.object({ events: v.tuple([v.object({ stream: streamSchema })]) }),
  }),
});

/** How `serverless.yml` connects the ledger's stream to `deliver`. */
export interface StreamTrigger {
  batchSize: number;
  parallelizationFactor: number;
  maximumRecordAgeInSeconds: number;
  filter: unknown;
}

/** Reads the deployed stream trigger, so that the local one does the same. */
export async function readStreamTrigger(): Promise<StreamTrigger> {
  const { functions } = await readServerlessConfig();
  const { filterPatterns, ...trigger } = functions.deliver.events[0].stream;
  return { ...trigger, filter: filterPatterns[0] };
}

async function readServerlessConfig() {
  const path = new URL('../serverless.yml', import.meta.url);
  return v.parse(serverlessSchema, parse(await readFile(path, 'utf8')));
}
