// Apart from what makes responses, because only programs that read them need these schemas, and a
// schema takes its time when it is imported.
import * as v from 'valibot';

/** The body of an error, and part of the result of an event that is rejected or ignored. */
export const errorResponseSchema = v.object({ code: v.string(), message: v.string() });

/** What a dry run tells of an event: how it was read, and what a deletion would delete. */
const dryRunFields = {
  format: v.optional(v.string()),
  day: v.optional(v.string()),
  timeZone: v.optional(v.string()),
  description: v.optional(v.string()),
  addresses: v.optional(v.number()),
  interactions: v.optional(v.number()),
};

/** The response to a single call. */
export const singleResponseSchema = v.object({
  status: v.picklist(['accepted', 'duplicate', 'deleting']),
  message: v.optional(v.string()),
  ...dryRunFields,
});

/** The response to a batch: one result per event, in order. An array that is rejected has a code. */
export const batchResponseSchema = v.object({
  code: v.optional(v.string()),
  message: v.optional(v.string()),
  results: v.array(
    v.object({
      status: v.picklist(['accepted', 'duplicate', 'deleting', 'ignored', 'rejected']),
      code: v.optional(v.string()),
      message: v.optional(v.string()),
      ...dryRunFields,
    }),
  ),
});

export type ErrorResponse = v.InferOutput<typeof errorResponseSchema>;
export type BatchResponse = v.InferOutput<typeof batchResponseSchema>;
