// Apart from what makes responses, because only programs that read them need these schemas, and a
// schema takes its time when it is imported.
import * as z from 'zod/mini';

/** The body of an error, and part of the result of an event that is rejected or ignored. */
export const errorResponseSchema = z.object({ code: z.string(), message: z.string() });

/** What a dry run tells of an event: how it was read, and what a deletion would delete. */
const dryRunFields = {
  format: z.optional(z.string()),
  day: z.optional(z.string()),
  timeZone: z.optional(z.string()),
  description: z.optional(z.string()),
  addresses: z.optional(z.number()),
  interactions: z.optional(z.number()),
};

/** The response to a single call. */
export const singleResponseSchema = z.object({
  status: z.enum(['accepted', 'duplicate', 'deleting']),
  message: z.optional(z.string()),
  ...dryRunFields,
});

/** The response to a batch: one result per event, in order. An array that is rejected has a code. */
export const batchResponseSchema = z.object({
  code: z.optional(z.string()),
  message: z.optional(z.string()),
  results: z.array(
    z.object({
      status: z.enum(['accepted', 'duplicate', 'deleting', 'ignored', 'rejected']),
      code: z.optional(z.string()),
      message: z.optional(z.string()),
      ...dryRunFields,
    }),
  ),
});

export type ErrorResponse = z.infer<typeof errorResponseSchema>;
export type BatchResponse = z.infer<typeof batchResponseSchema>;
