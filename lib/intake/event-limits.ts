import { Rejection } from '../event/rejection.ts';

const MAX_EVENT_BYTES = 32 * 1024;
/** Far more than any platform nests, far less than recursive code can take. */
const MAX_NESTING = 100;

/**
 * Checks the limits of an event before anything else looks at it.
 *
 * @param event one event as parsed from JSON
 * @throws {Rejection} 400 if it has more than 100 levels of nesting, 413 if it is over 32 KB as JSON
 */
export function checkEventLimits(event: unknown): void {
  // The nesting comes first: `JSON.stringify` recurses.
  if (isDeeperThan(MAX_NESTING, event)) throw new Rejection('nesting_too_deep');
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    throw new Rejection('event_too_large');
  }
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
