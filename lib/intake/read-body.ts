import { EventFields, isObject, readShared } from '../event/event-fields.ts';
import { Rejection } from '../event/rejection.ts';
import { checkEventLimits } from './event-limits.ts';

const MAX_EVENTS = 4000;

/** The three forms of a body: `{…}`, `{"batch": […]}` and `[…]`. */
export type BodyForm = 'single' | 'batch' | 'array';

/** The events of a body. Of a batch or an array, each gets a result of its own. */
export interface Body {
  form: BodyForm;
  events: unknown[];
  /** What a batch says of all its events. */
  shared?: EventFields;
}

/**
 * Tells the forms of a body apart.
 *
 * @param json the body as parsed from JSON
 * @throws {Rejection} 400 if `batch` is not an array, 413 over 4,000 events, or if the `context` of a
 * batch is over the limits of an event
 */
export function readBody(json: unknown): Body {
  if (Array.isArray(json)) return { form: 'array', events: limitEvents(json) };
  if (!isObject(json)) return { form: 'single', events: [json] };
  const body = new EventFields(json);
  const batch = body.valueAt('batch');
  if (batch === undefined) return { form: 'single', events: [json] };
  if (!Array.isArray(batch)) throw new Rejection('batch_not_array');
  return { form: 'batch', events: limitEvents(batch), ...sharedFields(body) };
}

function limitEvents(events: unknown[]): unknown[] {
  if (events.length > MAX_EVENTS) throw new Rejection('too_many_events');
  return events;
}

/** Segment's HTTP API: the `context` of a batch is merged into its events. SDKs add `sentAt`. */
function sharedFields(body: EventFields): { shared?: EventFields } {
  const [context, sentAt] = [body.valueAt('context'), body.valueAt('sentAt')];
  if (context === undefined && sentAt === undefined) return {};
  checkEventLimits({ context });
  return { shared: readShared({ context, sentAt }) };
}
