import * as v from 'valibot';

/** The value that a request body holds, or a message that says what is wrong with the body. */
export type Reading<T> = { ok: true; value: T } | { ok: false; message: string };

/** The message for a body that is JSON of another kind. */
export const NOT_AN_OBJECT = 'the body is not a JSON object';

/**
 * Reads a JSON request body.
 *
 * @param body the raw request body
 * @param schema what the body must hold
 * @param explain writes the message for the first problem that the schema finds
 */
export function readJsonBody<T>(
  body: string,
  schema: v.GenericSchema<unknown, T>,
  explain: (problem: v.BaseIssue<unknown>) => string,
): Reading<T> {
  const json = parseJson(body);
  if (json === undefined) return { ok: false, message: 'the body is not JSON' };
  if (Array.isArray(json)) return { ok: false, message: NOT_AN_OBJECT };
  // A check may rely on those before it.
  const result = v.safeParse(schema, json, { abortPipeEarly: true });
  if (result.success) return { ok: true, value: result.output };
  return { ok: false, message: explain(result.issues[0]) };
}

/** JSON has no undefined, so undefined stands for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
