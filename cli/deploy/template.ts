import * as v from 'valibot';

/** What is read of a CloudFormation template. */
export const templateSchema = v.object({
  Resources: v.record(v.string(), v.looseObject({ Type: v.string() })),
});

/** A CloudFormation template. */
export type Template = v.InferOutput<typeof templateSchema>;
