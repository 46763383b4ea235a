import { Rejection } from '../event/rejection.ts';

const MAX_EVENTS = 4000;

/** The events of a body: one event, or a batch whose events get one result each. */
export type Body = { isBatch: false; events: [unknown] } | { isBatch: true; events: unknown[] };

/**
 * Tells the three forms of a body apart: `{…}`, `{"batch": […]}` and `[…]`.
 *
 * @param json the body as parsed from JSON
 * @throws {Rejection} 400 if `batch` is not an array, 413 over 4,000 events
 */
export function readBody(json: unknown): Body {
  const batch = Array.isArray(json) ? json : findBatch(json);
  if (batch === undefined) return { isBatch: false, events: [json] };
  if (!Array.isArray(batch)) throw new Rejection('batch_not_array');
  if (batch.length > MAX_EVENTS) throw new Rejection('too_many_events');
  return { isBatch: true, events: batch };
}

function findBatch(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return undefined;
  const batches = Object.entries(json).filter(([name]) => name.toLowerCase() === 'batch');
  if (batches.length > 1) throw new Rejection('field_repeated', 'batch');
  return batches[0]?.[1];
}
