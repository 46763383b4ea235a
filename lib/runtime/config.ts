import * as v from 'valibot';
import { problemOfNatApiUrl } from './nat-api-url.ts';
import { OwnError } from './own-error.ts';
import { readWith } from './read-with.ts';

/** Senders retry for days. An event must not become too old in that time. */
const MIN_RETENTION_DAYS = 7;

const MAX_RETENTION_DAYS = 3650;

/** How many days delivered interactions are kept. */
export const retentionDays = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(MIN_RETENTION_DAYS),
  v.maxValue(MAX_RETENTION_DAYS),
);

/** The share of requests with routine results that get a log line. */
export const logRate = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const configSchema = v.object({
  INTERACTIONS_TABLE: v.pipe(v.string(), v.minLength(1)),
  WORKSPACES_TABLE: v.pipe(v.string(), v.minLength(1)),
  CONTACTS_SECRET: v.pipe(v.string(), v.minLength(1)),
  NAT_KEYS_SECRET: v.pipe(v.string(), v.minLength(1)),
  SIGNATURES_SECRET: v.pipe(v.string(), v.minLength(1)),
  NAT_API_URL: v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const message = dataset.typed ? problemOfNatApiUrl(dataset.value) : undefined;
      if (message !== undefined) addIssue({ message });
    }),
  ),
  RETENTION_DAYS: v.optional(
    v.pipe(
      v.string(),
      v.transform((days) => (days === '' ? undefined : Number(days))),
      v.optional(retentionDays),
    ),
    '',
  ),
  ROUTINE_LOG_RATE: v.optional(v.pipe(v.string(), v.transform(Number), logRate), ''),
});

const queueSchema = v.object({ UNDELIVERED_QUEUE_URL: v.pipe(v.string(), v.url()) });

/** The settings of a deployment. */
export type Config = v.InferOutput<typeof configSchema>;

/**
 * Reads the settings of a function.
 *
 * @param env the environment of the function
 * @throws {OwnError} naming each variable that is missing or wrong, without its value
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return parse(configSchema, env);
}

/**
 * Reads where `recover` sends its messages to itself.
 *
 * @param env the environment of the function
 * @throws {OwnError} if the address is missing or wrong
 */
export function readQueueUrl(env: NodeJS.ProcessEnv): string {
  return parse(queueSchema, env).UNDELIVERED_QUEUE_URL;
}

function parse<T>(schema: v.GenericSchema<unknown, T>, env: NodeJS.ProcessEnv): T {
  const { output, problems } = readWith(schema, env);
  if (problems === undefined) return output;
  throw new OwnError(`configuration: ${problems.join('; ')}`);
}
