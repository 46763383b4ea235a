import * as v from 'valibot';

/**
 * Reads a value that may be something else.
 *
 * @returns the value as the schema gives it; undefined if it does not fit the schema
 */
export function parseIfValid<T>(
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
): T | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}
