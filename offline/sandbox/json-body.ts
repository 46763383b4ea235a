import type { z } from 'zod';

/** The value that a request body holds, or a message that says what is wrong with the body. */
export type Reading<T> = { ok: true; value: T } | { ok: false; message: string };

/**
 * Reads a JSON request body.
 *
 * @param body the raw request body
 * @param schema what the body must hold
 * @param explain writes the message for the first problem that the schema finds
 */
export function readJsonBody<T>(
  body: string,
  schema: z.ZodType<T>,
  explain: (problem: z.core.$ZodIssue) => string,
): Reading<T> {
  const json = parseJson(body);
  if (json === undefined) return { ok: false, message: 'the body is not JSON' };
  const result = schema.safeParse(json);
  if (result.success) return { ok: true, value: result.data };
  const [problem] = result.error.issues;
  return { ok: false, message: problem === undefined ? 'the body is not valid' : explain(problem) };
}

/** JSON has no undefined, so undefined stands for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
