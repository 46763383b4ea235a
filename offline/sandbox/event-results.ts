import * as v from 'valibot';

const FAILED = { status: 'failed', code: 'unavailable', message: 'The service failed.' } as const;

/** The calls that a batch may have, and that are no error of the sender. */
const IGNORED_CODES = ['type_not_identify', 'deletions_off'];

const resultSchema = v.object({
  status: v.picklist(['accepted', 'duplicate', 'deleting', 'ignored', 'rejected']),
  code: v.optional(v.string()),
  message: v.optional(v.string()),
});

const errorSchema = v.object({ code: v.optional(v.string()), message: v.string() });

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
  const batch = v.safeParse(v.object({ results: v.array(resultSchema) }), json);
  if (batch.success) return batch.output.results;
  const single = v.safeParse(resultSchema, json);
  if (single.success) return [single.output];
  const error = v.parse(v.fallback(v.optional(errorSchema), undefined), json);
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
