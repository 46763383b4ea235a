import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as v from 'valibot';

/** The possible answers: no 5xx besides 501, whatever is sent. */
const STATUSES = [200, 400, 401, 403, 413, 415, 501];
const text = v.pipe(v.string(), v.minLength(1));
const errorSchema = v.strictObject({ code: text, message: text });
/** What a dry run adds. */
const reading = {
  format: v.optional(text),
  day: v.optional(text),
  timeZone: v.optional(text),
  description: v.optional(text),
};
const singleSchema = v.strictObject({
  status: v.picklist(['accepted', 'duplicate', 'ok']),
  ...reading,
});
const batchSchema = v.strictObject({
  code: v.optional(text),
  message: v.optional(text),
  results: v.array(
    v.union([
      v.strictObject({ status: v.picklist(['accepted', 'duplicate']), ...reading }),
      v.strictObject({ status: v.picklist(['ignored', 'rejected']), code: text, message: text }),
    ]),
  ),
});

/** An answer, as it was read. */
export interface Verdict {
  statusCode: number;
  /** `accepted`, `duplicate`, `ignored` or `rejected` for each event; empty for an error. */
  results: string[];
}

/**
 * Reads an answer.
 *
 * @throws if the interface has no such answer: another status or body, or a status that does not
 * fit its results
 */
export function verdictOf(answer: APIGatewayProxyStructuredResultV2): Verdict {
  const statusCode = Number(answer.statusCode);
  if (!STATUSES.includes(statusCode)) throw new Error(`answered ${statusCode}`);
  const body: unknown = JSON.parse(answer.body ?? '');
  const error = v.safeParse(errorSchema, body);
  if (error.success && statusCode >= 400) return { statusCode, results: [] };
  const batch = v.safeParse(batchSchema, body);
  const results = batch.success
    ? batch.output.results.map(({ status }) => status)
    : [v.parse(singleSchema, body).status];
  const hasCode = batch.success && batch.output.code !== undefined;
  if (statusCode === 200 || (hasCode && results.every(isRejected))) {
    return { statusCode, results };
  }
  throw new Error(`answered ${statusCode} with results of a 200`);
}

function isRejected(result: string): boolean {
  return result === 'rejected';
}
