import { randomBytes } from 'node:crypto';

/**
 * The header `traceparent`, with the fields of version 00: version, trace id, parent id, flags. A
 * later version may add a dash and more. https://www.w3.org/TR/trace-context-1/#traceparent-header
 */
const TRACEPARENT =
  /^(?!ff)(?<version>[\da-f]{2})-(?<traceId>(?!0{32})[\da-f]{32})-(?<parentId>(?!0{16})[\da-f]{16})-(?<flags>[\da-f]{2})(?<more>-.*)?$/s;
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
  const { version, traceId, parentId, flags, more } = TRACEPARENT.exec(header ?? '')?.groups ?? {};
  if (traceId === undefined || parentId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, traceparent: toHeader(traceId, parentId, Number.parseInt(flags, 16)) };
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
  const flags = Number.parseInt(parent.traceparent.slice(-2), 16);
  return toHeader(parent.traceId, randomBytes(SPAN_ID_BYTES).toString('hex'), flags);
}

function toHeader(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-${(flags & SAMPLED) === 0 ? '00' : '01'}`;
}
