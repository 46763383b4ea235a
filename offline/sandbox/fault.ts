import { z } from 'zod';
import { type Reading, readJsonBody } from './json-body.ts';

const MAX_DELAY_MS = 600_000;

/** The description of a field stands in the message that rejects it. */
const faultSchema = z.strictObject({
  rate: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('the share of calls that are hit, a number from 0 to 1 (default 1)'),
  status: z
    .int()
    .min(200)
    .max(599)
    .optional()
    .describe('the status that Nat answers instead of processing the call, from 200 to 599'),
  // Any number and any text: senders must cope with absurd values, so these can be asked for too.
  retryAfter: z
    .union([z.number(), z.string().regex(/^[\x20-\x7e]+$/)])
    .optional()
    .describe('the Retry-After header that goes with the status, a number or ASCII text'),
  delayMs: z
    .number()
    .min(0)
    .max(MAX_DELAY_MS)
    .default(0)
    .describe(`how long a call waits first, in ms, from 0 to ${MAX_DELAY_MS} (default 0)`),
  dropAfterAccept: z
    .boolean()
    .default(false)
    .describe('true to process the call and then break the connection (default false)'),
});

/** How `POST /identify` misbehaves. Without a status, the call is processed after the delay. */
export type Fault = z.infer<typeof faultSchema>;

/**
 * Reads the body of `PUT /faults`. A missing status means 503, unless the body asks for a fault of
 * calls that are processed: a delay or a broken connection.
 *
 * @param body the raw request body
 * @returns the fault with its defaults, or a message that names the wrong field
 */
export function readFault(body: string): Reading<Fault> {
  const reading = readJsonBody(body, faultSchema, explain);
  if (!reading.ok) return reading;
  const fault = reading.value;
  const isProcessed = fault.delayMs > 0 || fault.dropAfterAccept;
  const status = fault.status ?? (isProcessed ? undefined : 503);
  return { ok: true, value: status === undefined ? fault : { ...fault, status } };
}

function explain(problem: z.core.$ZodIssue): string {
  if (problem.code === 'unrecognized_keys') {
    const known = Object.keys(faultSchema.shape).join(', ');
    return `unknown field ${problem.keys.join(', ')}: a fault has the fields ${known}`;
  }
  const [name] = problem.path;
  const field = Object.entries(faultSchema.shape).find(([known]) => known === name)?.[1];
  return field === undefined
    ? 'the body is not a JSON object'
    : `${String(name)}: expected ${field.description}`;
}
