import { isObject } from '../event/event-fields.ts';
import { Rejection } from '../event/rejection.ts';

const MAX_EVENT_BYTES = 32 * 1024;
/** Far more than any platform nests, far less than recursive code can take. */
const MAX_NESTING = 100;
/** Each value takes two bytes of JSON or more: itself, and the comma or the bracket behind it. */
const MAX_VALUES = MAX_EVENT_BYTES / 2;

/** One character of a text takes up to six bytes of JSON, as `\u0000` does. */
const MAX_BYTES_PER_CHARACTER = 6;

/**
 * Checks the limits of an event before anything else looks at it.
 *
 * @param event one event as parsed from JSON
 * @throws {Rejection} 400 if it has more than 100 levels of nesting, 413 if it is over 32 KB as JSON
 */
export function checkEventLimits(event: unknown): void {
  // First, because `JSON.stringify` recurses as deep as the event is.
  if (mostBytesOf(event) <= MAX_EVENT_BYTES) return;
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    throw new Rejection('event_too_large');
  }
}

/**
 * Checks the structure of an event.
 *
 * @returns how many bytes of JSON it has at most. Only its texts may have less
 */
function mostBytesOf(event: unknown): number {
  let values = 0;
  return visit(event, 0);

  function visit(value: unknown, level: number): number {
    values += 1;
    if (values > MAX_VALUES) throw new Rejection('event_too_large');
    if (typeof value === 'string') return mostBytesOfText(value);
    if (!isObject(value) && !Array.isArray(value)) return String(value).length;
    if (level === MAX_NESTING) throw new Rejection('nesting_too_deep');
    let bytes = '['.length;
    // Behind each value is a comma, or the bracket that closes.
    if (isObject(value)) {
      // For thousands of names, `Object.entries` takes three times as long.
      for (const name of Object.keys(value)) {
        bytes += mostBytesOfText(name) + visit(value[name], level + 1) + ':,'.length;
      }
    } else {
      for (const inner of value) bytes += visit(inner, level + 1) + ','.length;
    }
    return Math.max(bytes, '[]'.length);
  }
}

function mostBytesOfText(text: string): number {
  return text.length * MAX_BYTES_PER_CHARACTER + '""'.length;
}
