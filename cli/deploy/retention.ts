import * as v from 'valibot';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import type { Template } from './template.ts';

const functionSchema = v.object({
  Properties: v.object({
    Environment: v.object({ Variables: v.object({ RETENTION_DAYS: v.string() }) }),
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
    const data = parseIfValid(functionSchema, resource);
    if (data !== undefined) return data.Properties.Environment.Variables.RETENTION_DAYS;
  }
  return undefined;
}
