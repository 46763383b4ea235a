import * as z from 'zod/mini';
import type { Template } from './template.ts';

const functionSchema = z.object({
  Properties: z.object({
    Environment: z.object({ Variables: z.object({ RETENTION_DAYS: z.string() }) }),
  }),
});

/**
 * Finds out whether a deployment would accept events of days whose interactions are already deleted.
 * That is so if it keeps interactions for longer than before, or forever.
 *
 * @returns undefined if it would not, else the days that are deployed
 */
export function unsafeRetention(deployed: Template, next: Template): string | undefined {
  const [before = '', after = ''] = [retentionIn(deployed), retentionIn(next)];
  const isSafe = before === '' || (after !== '' && Number(after) <= Number(before));
  return isSafe ? undefined : before;
}

function retentionIn({ Resources }: Template): string | undefined {
  for (const resource of Object.values(Resources)) {
    const { data } = functionSchema.safeParse(resource);
    if (data !== undefined) return data.Properties.Environment.Variables.RETENTION_DAYS;
  }
  return undefined;
}
