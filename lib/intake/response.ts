import type { EventResult } from './accept.ts';
import type { BodyForm } from './read-body.ts';
import type { BatchResponse, ErrorResponse } from './response-schemas.ts';

type ResultResponse = BatchResponse['results'][number];

/** What a deletion deletes, and what it does not. */
const DELETION_SCOPE =
  'every interaction that this service accepted of the addresses of this user before, with its waiting deliveries, within minutes. What Nat has already received stays on the timeline in Nat: delete it there.';

/** The response to a request for another path or method, with status 404. */
export const NOT_FOUND: ErrorResponse = {
  code: 'not_found',
  message: 'Not Found: post events to /v1/identify, /v1/batch or /v1/import.',
};

/** The response to any fault of ours or of AWS, with status 503. */
export const UNAVAILABLE: ErrorResponse = {
  code: 'unavailable',
  message:
    'The service is unavailable. Some events may have been accepted: sending all of them again is safe.',
};

/** The response to a health check that fails, with status 503. Only the logs have the reason. */
export const UNHEALTHY: ErrorResponse = {
  code: 'unhealthy',
  message:
    'A setting is wrong, or a table or a secret cannot be reached: the logs of identify say which.',
};

/**
 * Responds to a batch or an array. A batch is always answered 200, as Segment's own API does: SDKs
 * repeat anything else, or end. Segment's webhooks send arrays and show the response to a person,
 * so an array of which every event is rejected is answered 400.
 *
 * @param form the form of the body
 * @param results of its events
 * @param dryRun set if nothing was written
 * @returns the HTTP status and the body
 */
export function toBatchResponse(
  form: BodyForm,
  results: EventResult[],
  dryRun?: DryRun,
): { status: number; body: BatchResponse } {
  const body = { results: results.map((result) => toResult(result, dryRun)) };
  const [first] = body.results;
  const isRejected = body.results.every(({ status }) => status === 'rejected');
  if (form === 'batch' || first === undefined || !isRejected) return { status: 200, body };
  return { status: 400, body: { code: first.code, message: first.message, ...body } };
}

/** A dry run, and the time zone in which it counted the days. */
export interface DryRun {
  timeZone: string;
}

/**
 * Responds to one event.
 *
 * @param result its result
 * @param dryRun set if nothing was written: then the response tells how the event was read
 */
export function toResult(result: EventResult, dryRun?: DryRun): ResultResponse {
  const { status } = result;
  if ('rejection' in result) {
    const { code, message } = result.rejection;
    return { status, code, message };
  }
  if (result.status === 'deleting') {
    if (dryRun === undefined) return { status, message: `This deletes ${DELETION_SCOPE}` };
    return { status, message: `This would delete ${DELETION_SCOPE}`, ...result.found };
  }
  if (dryRun === undefined) return { status };
  const { format, day, description } = result.interaction;
  return { status, format, day, timeZone: dryRun.timeZone, description };
}
