import * as z from 'zod/mini';

/** What is read of a CloudFormation template. */
export const templateSchema = z.object({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string() })),
});

/** A CloudFormation template. */
export type Template = z.infer<typeof templateSchema>;
