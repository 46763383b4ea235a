import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';

/** The possible answers: no 5xx besides 501, whatever is sent. */
const STATUSES = [200, 202, 400, 401, 403, 413, 415, 501];
const text = z.string().check(z.minLength(1));
const errorSchema = z.strictObject({ code: text, message: text });
const singleSchema = z.strictObject({ status: z.enum(['accepted', 'duplicate', 'ok']) });
const batchSchema = z.strictObject({
  results: z.array(
    z.union([
      z.strictObject({ status: z.enum(['accepted', 'duplicate']) }),
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
  const expected = statusOf(results);
  if (statusCode !== expected)
    throw new Error(`answered ${statusCode}, but its results need ${expected}`);
  return { statusCode, results };
}

function statusOf(results: string[]): number {
  if (results.includes('accepted')) return 202;
  return results.length > 0 && results.every((result) => result === 'rejected') ? 400 : 200;
}
