import * as z from 'zod/mini';

/** DynamoDB may keep an expired item for two days more; what waits for Nat waits for three. */
const MIN_RETENTION_DAYS = 7;

const MAX_RETENTION_DAYS = 3650;

const configSchema = z.object({
  INTERACTIONS_TABLE: z.string().check(z.minLength(1)),
  WORKSPACES_TABLE: z.string().check(z.minLength(1)),
  DEPLOYMENT_SECRET: z.string().check(z.minLength(1)),
  NAT_API_URL: z.url({ protocol: /^https?$/, hostname: /./ }),
  RETENTION_DAYS: z.pipe(
    z.transform((days) => (days === undefined || days === '' ? undefined : Number(days))),
    z.optional(z.int().check(z.gte(MIN_RETENTION_DAYS), z.lte(MAX_RETENTION_DAYS))),
  ),
});

/** What a deployment is given, from the environment. */
export type Config = z.infer<typeof configSchema>;

/**
 * @param env the environment of the function
 * @throws {Error} naming each variable that is missing or wrong, without its value
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const result = configSchema.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`configuration: ${problems.join('; ')}`);
}
