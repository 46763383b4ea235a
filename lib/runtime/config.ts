import * as z from 'zod/mini';
import { problemOfNatApiUrl } from './nat-api-url.ts';
import { OwnError } from './own-error.ts';

/** Senders retry for days. An event must not become too old in that time. */
const MIN_RETENTION_DAYS = 7;

const MAX_RETENTION_DAYS = 3650;

/** How many days delivered interactions are kept. */
export const retentionDays = z.int().check(z.gte(MIN_RETENTION_DAYS), z.lte(MAX_RETENTION_DAYS));

/** The share of requests with routine results that get a log line. */
export const logRate = z.number().check(z.gte(0), z.lte(1));

const configSchema = z.object({
  INTERACTIONS_TABLE: z.string().check(z.minLength(1)),
  WORKSPACES_TABLE: z.string().check(z.minLength(1)),
  CONTACTS_SECRET: z.string().check(z.minLength(1)),
  NAT_KEYS_SECRET: z.string().check(z.minLength(1)),
  SIGNATURES_SECRET: z.string().check(z.minLength(1)),
  NAT_API_URL: z.string().check((context) => {
    const message = problemOfNatApiUrl(context.value);
    if (message !== undefined) {
      context.issues.push({ code: 'custom', message, input: context.value });
    }
  }),
  RETENTION_DAYS: z.pipe(
    z.transform((days) => (days === undefined || days === '' ? undefined : Number(days))),
    z.optional(retentionDays),
  ),
  ROUTINE_LOG_RATE: z.pipe(
    z.transform((rate) => (rate === undefined || rate === '' ? 0 : Number(rate))),
    logRate,
  ),
});

const queueSchema = z.object({ UNDELIVERED_QUEUE_URL: z.url() });

/** The settings of a deployment. */
export type Config = z.infer<typeof configSchema>;

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

function parse<T>(schema: z.ZodMiniType<T>, env: NodeJS.ProcessEnv): T {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new OwnError(`configuration: ${problems.join('; ')}`);
}
