import { isDeepStrictEqual } from 'node:util';
import { Rejection } from './rejection.ts';

/** An event whose fields are found by their path, whatever the casing of their names. */
export interface EventFields {
  /**
   * @param path names with dots between them, such as `traits.email`
   * @returns the value there; undefined if it is absent, null or a blank text
   * @throws {Rejection} 400 if a name on the path appears twice, or something on the path is no
   * object
   */
  valueAt(path: string): unknown;
  /**
   * @param path as `valueAt` takes it
   * @returns the text there; undefined if it is absent, null or blank
   * @throws {Rejection} 400 as `valueAt` does, and if the value is no string
   */
  textAt(path: string): string | undefined;
  /**
   * @returns the whole event with all field names in lower case, at every level
   * @throws {Rejection} 400 if any object has a name twice, with different values
   */
  inLowerCase(): object;
  /** The fields that a batch gives to all its events. They count where the event has no value. */
  shared: EventFields | undefined;
}

/**
 * Opens an event for reading. Nat's customers vary the casing of field names, so `Email`, `EMAIL`
 * and `email` are one field.
 *
 * @param event one event as parsed from JSON
 * @param shared the fields that its batch gives to all events, if it is in a batch
 * @throws {Rejection} 400 if it is no object
 */
export function readEvent(event: unknown, shared?: EventFields): EventFields {
  if (!isObject(event)) throw new Rejection('event_not_object');
  /** An object may be large, and several fields are read from it. */
  const knownNames = new Map<object, string[]>();
  return { valueAt, textAt, inLowerCase: () => lowerCaseObject(event), shared };

  function valueAt(path: string): unknown {
    return ownValueAt(path) ?? shared?.valueAt(path);
  }

  function ownValueAt(path: string): unknown {
    let value: unknown = event;
    let depth = 0;
    for (const name of namesOn(path)) {
      if (isAbsent(value) || isEmptyArray(value)) return undefined;
      if (!isObject(value)) throw new Rejection('field_not_object', beginningOf(path, depth));
      depth += 1;
      value = fieldOf(value, name, path, depth);
    }
    return isAbsent(value) ? undefined : value;
  }

  function textAt(path: string): string | undefined {
    const value = valueAt(path);
    if (value === undefined || typeof value === 'string') return value;
    throw new Rejection('field_not_string', path);
  }

  /** The value of a field, which may stand there under several casings of its name. */
  function fieldOf(object: JsonObject, name: string, path: string, depth: number): unknown {
    let found: unknown;
    for (const key of namesIn(object)) {
      // The length is compared first, because most names differ in it. It changes nothing else.
      // Stryker disable next-line ConditionalExpression
      if (key.length !== name.length || key.toLowerCase() !== name) continue;
      const value = object[key];
      if (contradict(found, value)) throw new Rejection('field_repeated', beginningOf(path, depth));
      if (!isAbsent(value)) found = value;
    }
    return found;
  }

  function namesIn(object: JsonObject): string[] {
    const known = knownNames.get(object);
    if (known !== undefined) return known;
    const names = Object.keys(object);
    knownNames.set(object, names);
    return names;
  }
}

type JsonObject = Record<string, unknown>;

/** The names on the paths that the code reads, in lower case. */
const pathNames = new Map<string, string[]>();

function namesOn(path: string): string[] {
  const known = pathNames.get(path);
  // Without the memory it would only take longer.
  // Stryker disable next-line ConditionalExpression
  if (known !== undefined) return known;
  const names = path.toLowerCase().split('.');
  // Stryker disable next-line CallExpression
  pathNames.set(path, names);
  return names;
}

/** The first names on a path, as they are documented. */
function beginningOf(path: string, depth: number): string {
  return path.split('.').slice(0, depth).join('.');
}

function lowerCaseObject(object: JsonObject): JsonObject {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const lowerCase = name.toLowerCase();
    // The name itself may be personal, so the message does not repeat it.
    if (contradict(fields.get(lowerCase), value)) throw new Rejection('field_repeated', 'A field');
    if (!isAbsent(value) || !fields.has(lowerCase)) fields.set(lowerCase, value);
  }
  return Object.fromEntries([...fields].map(([name, value]) => [name, lowerCaseValue(value)]));
}

function lowerCaseValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCaseValue);
  return isObject(value) ? lowerCaseObject(value) : value;
}

/** The same value under two names is no contradiction. */
function contradict(one: unknown, other: unknown): boolean {
  return !isAbsent(one) && !isAbsent(other) && !isDeepStrictEqual(one, other);
}

/** Some senders write null or an empty text for a value that they do not have. */
function isAbsent(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

/** PHP writes an empty object as an empty array. */
function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
