import { randomBytes } from 'node:crypto';

/**
 * The header `traceparent`: version, trace id, parent id and flags, which are 55 characters. Only a
 * later version may add a dash and more. https://www.w3.org/TR/trace-context-1/#traceparent-header
 */
const TRACEPARENT =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:$|(?<!00.{53})-)/;
/** The only flag of version 00. All others must be zero in what is passed on. */
const SAMPLED = 1;
const SPAN_ID_BYTES = 8;

/** The place of a request in the trace of whoever sent it. */
export interface TraceContext {
  /** 32 hexadecimal digits, the same in the whole trace. */
  traceId: string;
  /** The header in version 00, 55 characters. */
  traceparent: string;
}

/**
 * Reads a header `traceparent`.
 *
 * @param header as it was sent
 * @returns undefined if there is none, or if it is not valid: it must be ignored then
 */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const valid = header?.match(TRACEPARENT)?.[0];
  if (valid === undefined) return undefined;
  const traceId = valid.slice(3, 35);
  return { traceId, traceparent: toHeader(traceId, valid.slice(36, 52), valid.slice(53, 55)) };
}

/**
 * Makes the header `traceparent` of a call: the same trace, and a new span in it.
 *
 * @param traceparent the header of the request that led to the call
 * @returns undefined if there is no valid one
 */
export function childTraceparent(traceparent: string | undefined): string | undefined {
  const parent = parseTraceparent(traceparent);
  if (parent === undefined) return undefined;
  const spanId = randomBytes(SPAN_ID_BYTES).toString('hex');
  return toHeader(parent.traceId, spanId, parent.traceparent.slice(53));
}

function toHeader(traceId: string, spanId: string, flags: string): string {
  const isSampled = (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED;
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
