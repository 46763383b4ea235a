import * as z from 'zod/mini';
import { Rejection, seen, withArticle } from './rejection.ts';

const text = z.nullish(z.string());

const traits = anyCasing(z.object({ email: text }));
const page = anyCasing(z.object({ url: text }));

/** What every call of a customer-data platform has: `identify`, `track`, `page`, … */
export const callSchema = anyCasing(z.object({ type: z.string() }));

/**
 * The fields of an identify call that this service reads, in all of Nat's documented formats and as
 * the SDKs nest them. Everything else a platform sends is let through unread.
 */
export const eventSchema = anyCasing(
  z.object({
    timestamp: text,
    originalTimestamp: text,
    email: text,
    event: text,
    url: text,
    traits: z.nullish(traits),
    page: z.nullish(page),
    context: z.nullish(anyCasing(z.object({ traits: z.nullish(traits), page: z.nullish(page) }))),
  }),
);

/** One identify call's fields. */
export type IdentifyEvent = z.infer<typeof eventSchema>;

/**
 * Parses with a schema and says in the sender's words what does not fit.
 *
 * @throws {Rejection} 400 that names the field, what was expected and the type that was seen
 */
export function parseFields<T extends z.ZodMiniType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new Error('zod refused a value without an issue');
  throw toRejection(issue, value);
}

/** Nat's customers vary the casing of field names: `Email`, `EMAIL` and `email` are one field. */
function anyCasing<T extends z.ZodMiniObject>(schema: T) {
  const fieldOf = new Map(Object.keys(schema.shape).map((name) => [name.toLowerCase(), name]));
  const rename = z.transform((value: unknown, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const known: Record<string, unknown> = {};
    for (const [name, content] of Object.entries(value)) {
      const field = fieldOf.get(name.toLowerCase());
      if (field === undefined) continue;
      if (Object.hasOwn(known, field)) {
        context.issues.push({ code: 'custom', input: value, path: [field] });
      }
      known[field] = content;
    }
    return known;
  });
  return z.pipe(rename, schema);
}

function toRejection(issue: z.core.$ZodIssue, value: unknown): Rejection {
  const field = issue.path.join('.') || 'the event';
  if (issue.code === 'custom') return new Rejection('repeated', field, 'it in several');
  const expected = issue.code === 'invalid_type' ? withArticle(issue.expected) : 'another type';
  return new Rejection('type', field, seen(valueAt(value, issue.path)), { detail: expected });
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  let inner = value;
  for (const step of path) {
    const entries = typeof inner === 'object' && inner !== null ? Object.entries(inner) : [];
    const wanted = String(step).toLowerCase();
    inner = entries.find(([name]) => name.toLowerCase() === wanted)?.[1];
  }
  return inner;
}
