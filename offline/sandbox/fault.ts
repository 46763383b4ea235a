import { z } from 'zod';
import { type Reading, readJsonBody } from './json-body.ts';

const MAX_DELAY_MS = 600_000;
const KEY_ENDING_LENGTH = 4;
/** HTTP allows no body with these. */
export const STATUSES_WITHOUT_BODY = [204, 205, 304];

/** The description of a field is part of the message that rejects it. */
const fieldsSchema = z.strictObject({
  // Its ending is shown, so it must be longer than that.
  apiKey: z
    .string()
    .regex(/^[!-~]{5,512}$/)
    .optional()
    .describe('the API key whose calls are hit, 5 to 512 characters (default all calls)'),
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
  bodyBytes: z
    .int()
    .min(0)
    .optional()
    .describe('the size of the body that replaces the usual one, in bytes'),
  gzipBombBytes: z
    .int()
    .min(1)
    .optional()
    .describe('the unpacked size of the gzip body that replaces the usual one, in bytes'),
  neverEnds: z
    .boolean()
    .optional()
    .describe('true to keep the answer open after its body (default false)'),
});

/** How `POST /identify` misbehaves. Without a status, the call is processed after the delay. */
export type Fault = z.infer<typeof fieldsSchema>;

const faultSchema = fieldsSchema
  .refine((fault) => fault.bodyBytes === undefined || fault.gzipBombBytes === undefined, {
    error: 'bodyBytes and gzipBombBytes: expected only one of them',
  })
  .refine((fault) => !STATUSES_WITHOUT_BODY.includes(fault.status ?? 0) || !hasFaultyBody(fault), {
    error: `status: ${STATUSES_WITHOUT_BODY.join(', ')} have no body, so it cannot be changed`,
  });

/** A fault as it is shown: only the last four characters of its API key. */
export type FaultView = Omit<Fault, 'apiKey'> & { apiKeyEnding?: string };

/**
 * Reads the body of `PUT /faults`. A missing status means 503, unless the body asks for a fault of
 * calls that are processed: a delay, a broken connection or another body.
 *
 * @param body the raw request body
 * @returns the fault with its defaults, or a message that names the wrong field
 */
export function readFault(body: string): Reading<Fault> {
  const reading = readJsonBody(body, faultSchema, explain);
  if (!reading.ok) return reading;
  const fault = reading.value;
  const isProcessed = fault.delayMs > 0 || fault.dropAfterAccept || hasFaultyBody(fault);
  const status = fault.status ?? (isProcessed ? undefined : 503);
  return { ok: true, value: status === undefined ? fault : { ...fault, status } };
}

/** @returns true if the answer has another body than the usual one, or does not end */
export function hasFaultyBody(fault: Fault): boolean {
  const { bodyBytes, gzipBombBytes, neverEnds } = fault;
  return bodyBytes !== undefined || gzipBombBytes !== undefined || neverEnds === true;
}

/** Hides the API key of a fault. */
export function toFaultView({ apiKey, ...fault }: Fault): FaultView {
  return apiKey === undefined
    ? fault
    : { ...fault, apiKeyEnding: apiKey.slice(-KEY_ENDING_LENGTH) };
}

function explain(problem: z.core.$ZodIssue): string {
  if (problem.code === 'custom') return problem.message;
  if (problem.code === 'unrecognized_keys') {
    const known = Object.keys(fieldsSchema.shape).join(', ');
    return `unknown field ${problem.keys.join(', ')}: a fault has the fields ${known}`;
  }
  const [name] = problem.path;
  const field = Object.entries(fieldsSchema.shape).find(([known]) => known === name)?.[1];
  return field === undefined
    ? 'the body is not a JSON object'
    : `${String(name)}: expected ${field.description}`;
}
