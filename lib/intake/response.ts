import * as z from 'zod/mini';

/** What a single call is answered once it is understood. */
export const singleResponseSchema = z.object({ status: z.enum(['accepted', 'duplicate']) });

/** What a batch is answered: one result per event, in order. */
export const batchResponseSchema = z.object({
  results: z.array(
    z.object({
      status: z.enum(['accepted', 'duplicate', 'ignored', 'rejected']),
      message: z.optional(z.string()),
    }),
  ),
});

/** What every error is answered: which field is wrong, what was expected, and what was seen. */
export const errorResponseSchema = z.object({ message: z.string() });

/** What any fault of ours or of AWS is answered, with 503. */
export const UNAVAILABLE = 'nothing was accepted, because of a fault of ours: send it again';

export type BatchResponse = z.infer<typeof batchResponseSchema>;
