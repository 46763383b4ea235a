import { Rejection } from '../event/rejection.ts';

const MAX_EVENT_BYTES = 32 * 1024;
/** Far more than any platform nests, far less than recursive code can take. */
const MAX_NESTING = 100;
/** Each value takes two bytes of JSON or more: itself, and the comma or the bracket behind it. */
const MAX_VALUES = MAX_EVENT_BYTES / 2;

/**
 * Checks the limits of an event before anything else looks at it.
 *
 * @param event one event as parsed from JSON
 * @throws {Rejection} 400 if it has more than 100 levels of nesting, 413 if it is over 32 KB as JSON
 */
export function checkEventLimits(event: unknown): void {
  // First, because `JSON.stringify` recurses as deep as the event is.
  checkStructure(event);
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    throw new Rejection('event_too_large');
  }
}

function checkStructure(event: unknown): void {
  let values = 0;
  visit(event, 0);

  function visit(value: unknown, level: number): void {
    values += 1;
    if (values > MAX_VALUES) throw new Rejection('event_too_large');
    if (typeof value !== 'object' || value === null) return;
    if (level === MAX_NESTING) throw new Rejection('nesting_too_deep');
    for (const inner of Array.isArray(value) ? value : Object.values(value)) {
      visit(inner, level + 1);
    }
  }
}
