import * as z from 'zod/mini';
import type { EventResult } from './accept.ts';

/** The body of an error, and part of the result of an event that is rejected or ignored. */
export const errorResponseSchema = z.object({ code: z.string(), message: z.string() });

/** The response to a single call that is accepted or a duplicate. */
export const singleResponseSchema = z.object({ status: z.enum(['accepted', 'duplicate']) });

/** The response to a batch: one result per event, in order. */
export const batchResponseSchema = z.object({
  results: z.array(
    z.object({
      status: z.enum(['accepted', 'duplicate', 'ignored', 'rejected']),
      code: z.optional(z.string()),
      message: z.optional(z.string()),
    }),
  ),
});

export type ErrorResponse = z.infer<typeof errorResponseSchema>;
export type BatchResponse = z.infer<typeof batchResponseSchema>;

/** The response to any fault of ours or of AWS, with status 503. */
export const UNAVAILABLE: ErrorResponse = {
  code: 'unavailable',
  message:
    'The service is unavailable. Some events may have been accepted: sending all of them again is safe.',
};

/** @returns the status and the body of the response to a batch */
export function toBatchResponse(results: EventResult[]): { status: number; body: BatchResponse } {
  return { status: batchStatus(results), body: { results: results.map(toResult) } };
}

function batchStatus(results: EventResult[]): number {
  if (results.some(({ status }) => status === 'accepted')) return 202;
  return results.length > 0 && results.every(({ status }) => status === 'rejected') ? 400 : 200;
}

function toResult(result: EventResult): BatchResponse['results'][number] {
  if (!('rejection' in result)) return { status: result.status };
  const { code, message } = result.rejection;
  return { status: result.status, code, message };
}
