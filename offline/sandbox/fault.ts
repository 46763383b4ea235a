import * as v from 'valibot';
import { NOT_AN_OBJECT, type Reading, readJsonBody } from './json-body.ts';

const MAX_DELAY_MS = 600_000;
const KEY_ENDING_LENGTH = 4;
/** HTTP allows no body with these. */
export const STATUSES_WITHOUT_BODY = [204, 205, 304];

/** The description of a field is part of the message that rejects it. */
const fieldsSchema = v.strictObject({
  // Its ending is shown, so it must be longer than that.
  apiKey: v.pipe(
    v.optional(v.pipe(v.string(), v.regex(/^[!-~]{5,512}$/))),
    v.description('the API key whose calls are hit, 5 to 512 characters (default all calls)'),
  ),
  rate: v.pipe(
    v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
    v.description('the share of calls that are hit, a number from 0 to 1 (default 1)'),
  ),
  status: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599))),
    v.description('the status that Nat answers instead of processing the call, from 200 to 599'),
  ),
  // Any number and any text: senders must cope with absurd values, so these can be asked for too.
  retryAfter: v.pipe(
    v.optional(v.union([v.number(), v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/))])),
    v.description('the Retry-After header that goes with the status, a number or ASCII text'),
  ),
  delayMs: v.pipe(
    v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_DELAY_MS)), 0),
    v.description(`how long a call waits first, in ms, from 0 to ${MAX_DELAY_MS} (default 0)`),
  ),
  dropAfterAccept: v.pipe(
    v.optional(v.boolean(), false),
    v.description('true to process the call and then break the connection (default false)'),
  ),
  bodyBytes: v.pipe(
    v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    v.description('the size of the body that replaces the usual one, in bytes'),
  ),
  gzipBombBytes: v.pipe(
    v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
    v.description('the unpacked size of the gzip body that replaces the usual one, in bytes'),
  ),
  neverEnds: v.pipe(
    v.optional(v.boolean()),
    v.description('true to keep the answer open after its body (default false)'),
  ),
});

/** How `POST /identify` misbehaves. Without a status, the call is processed after the delay. */
export type Fault = v.InferOutput<typeof fieldsSchema>;

const faultSchema = v.pipe(
  fieldsSchema,
  v.check(
    (fault) => fault.bodyBytes === undefined || fault.gzipBombBytes === undefined,
    'bodyBytes and gzipBombBytes: expected only one of them',
  ),
  v.check(
    (fault) => !STATUSES_WITHOUT_BODY.includes(fault.status ?? 0) || !hasFaultyBody(fault),
    `status: ${STATUSES_WITHOUT_BODY.join(', ')} have no body, so it cannot be changed`,
  ),
);

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

function explain(problem: v.BaseIssue<unknown>): string {
  if (problem.type === 'check') return problem.message;
  const name = v.getDotPath(problem);
  const field = Object.entries(fieldsSchema.entries).find(([known]) => known === name)?.[1];
  if (field !== undefined) return `${name}: expected ${v.getDescription(field)}`;
  if (name === null) return NOT_AN_OBJECT;
  const known = Object.keys(fieldsSchema.entries).join(', ');
  return `unknown field ${name}: a fault has the fields ${known}`;
}
