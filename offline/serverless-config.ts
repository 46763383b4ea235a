import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const streamSchema = z.object({
  batchSize: z.number(),
  parallelizationFactor: z.number(),
  // Only the age of a record ends its tries, here as there.
  maximumRetryAttempts: z.literal(-1),
  maximumRecordAgeInSeconds: z.number(),
  filterPatterns: z.array(z.record(z.string(), z.unknown())).check(z.length(1)),
});

const serverlessSchema = z.object({
  functions: z.object({
    deliver: z.object({ events: z.tuple([z.object({ stream: streamSchema })]) }),
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
  return serverlessSchema.parse(parse(await readFile(path, 'utf8')));
}
