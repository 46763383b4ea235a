import type { Context } from 'hono';

/** Reads `?before=`, where a page of a list starts; undefined if it is missing or no number. */
export function readBefore(c: Context): number | undefined {
  return readNumber(c, 'before');
}

/** Reads a whole number of the query; undefined if it is missing or something else. */
export function readNumber(c: Context, name: string): number | undefined {
  const text = c.req.query(name) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
