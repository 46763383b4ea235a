import * as v from 'valibot';

/** What a schema gives for a value, or what is wrong with the value. */
type Reading<T> = { output: T; problems?: never } | { output?: never; problems: string[] };

/**
 * Reads what a person wrote, with the schema for it.
 *
 * @returns the output of the schema; else a text for each field that is wrong, such as
 * `timeZone: is missing`. A text never holds the value, because it may be a secret
 */
export function readWith<T>(schema: v.GenericSchema<unknown, T>, value: unknown): Reading<T> {
  // Without this the library would write messages that quote the value.
  const result = v.safeParse(schema, value, { message: explain, abortPipeEarly: true });
  if (result.success) return { output: result.output };
  const problems = result.issues.map((issue) => {
    const field = v.getDotPath(issue);
    return field === null ? issue.message : `${field}: ${issue.message}`;
  });
  return { problems };
}

/** What a value must be, by the rule of the schema that it breaks. */
const RULES: Record<string, (requirement: unknown) => string> = {
  string: () => 'must be a text',
  number: () => 'must be a number',
  boolean: () => 'must be true or false',
  safe_integer: () => 'must be a whole number',
  min_value: (least) => `must be ${least} or more`,
  max_value: (most) => `must be ${most} or less`,
  min_length: (least) => `must have ${least} or more characters`,
  max_length: (most) => `must have ${most} characters or less`,
  starts_with: (start) => `must start with ${start}`,
  url: () => 'must be a URL',
};

function explain({ type, expected, received, requirement }: v.BaseIssue<unknown>): string {
  // A strict object expects `never` at a field that it does not have.
  if (expected === 'never') return 'is not known';
  if (received === 'undefined') return 'is missing';
  if (expected === 'Object') return 'must be an object';
  const rule = RULES[type]?.(requirement);
  if (rule !== undefined) return rule;
  if (expected === null) return 'is not valid';
  // Such as `("on" | "off")`.
  return `must be ${expected.replaceAll(/[()]/g, '').replaceAll(' | ', ' or ')}`;
}
