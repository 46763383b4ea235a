import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';

/** The possible answers: no 5xx besides 501, whatever is sent. */
const STATUSES = [200, 400, 401, 403, 413, 415, 501];
const text = z.string().check(z.minLength(1));
const errorSchema = z.strictObject({ code: text, message: text });
/** What a dry run adds. */
const reading = {
  format: z.optional(text),
  day: z.optional(text),
  timeZone: z.optional(text),
  description: z.optional(text),
};
const singleSchema = z.strictObject({
  status: z.enum(['accepted', 'duplicate', 'ok']),
  ...reading,
});
const batchSchema = z.strictObject({
  code: z.optional(text),
  message: z.optional(text),
  results: z.array(
    z.union([
      z.strictObject({ status: z.enum(['accepted', 'duplicate']), ...reading }),
      z.strictObject({ status: z.enum(['ignored', 'rejected']), code: text, message: text }),
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
  const error = errorSchema.safeParse(body);
  if (error.success && statusCode >= 400) return { statusCode, results: [] };
  const batch = batchSchema.safeParse(body);
  const results = batch.success
    ? batch.data.results.map(({ status }) => status)
    : [singleSchema.parse(body).status];
  if (statusCode === 200 || (batch.data?.code !== undefined && results.every(isRejected))) {
    return { statusCode, results };
  }
  throw new Error(`answered ${statusCode} with results of a 200`);
}

function isRejected(result: string): boolean {
  return result === 'rejected';
}
