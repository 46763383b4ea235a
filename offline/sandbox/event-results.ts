import { z } from 'zod';

const FAILED = { status: 'failed', code: 'unavailable', message: 'The service failed.' } as const;

/** The calls that a batch may have, and that are no error of the sender. */
const IGNORED_CODES = ['type_not_identify', 'deletions_off'];

const resultSchema = z.object({
  status: z.enum(['accepted', 'duplicate', 'deleting', 'ignored', 'rejected']),
  code: z.string().optional(),
  message: z.string().optional(),
});

const errorSchema = z.object({ code: z.string().optional(), message: z.string() });

/** What the API answered about one event. `failed` is an error of the service. */
export interface EventResult {
  status: 'accepted' | 'duplicate' | 'deleting' | 'ignored' | 'rejected' | 'failed';
  code?: string | undefined;
  message?: string | undefined;
}

/**
 * Reads what an answer of the API says about the events of a request.
 *
 * @param status the HTTP status; undefined if the caller left before the answer
 * @param body the body of the answer
 * @returns one result per event; a single one if the answer concerns the whole request; none if it
 * is about no event
 */
export function readEventResults(status: number | undefined, body: string): EventResult[] {
  if (status === undefined) return [FAILED];
  const json = parseJson(body);
  const batch = z.object({ results: z.array(resultSchema) }).safeParse(json);
  if (batch.success) return batch.data.results;
  const single = resultSchema.safeParse(json);
  if (single.success) return [single.data];
  const error = errorSchema.safeParse(json).data;
  if (error?.code !== undefined && IGNORED_CODES.includes(error.code)) {
    return [{ status: 'ignored', ...error }];
  }
  if (status >= 500) return [{ ...FAILED, ...error }];
  return status >= 400 ? [{ status: 'rejected', ...error }] : [];
}

/** JSON has no undefined, so undefined stands for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
