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

/** The fields of one object by their names in lower case, and the names that contradict. */
interface FieldIndex {
  values: Map<string, unknown>;
  repeated: Set<string>;
}

/**
 * Opens an event for reading. Nat's customers vary the casing of field names, so `Email`, `EMAIL`
 * and `email` are one field. Each object is indexed once, when its first field is read.
 *
 * @param event one event as parsed from JSON
 * @param shared the fields that its batch gives to all events, if it is in a batch
 * @throws {Rejection} 400 if it is no object
 */
export function readEvent(event: unknown, shared?: EventFields): EventFields {
  if (!isObject(event)) throw new Rejection('event_not_object');
  const indexes = new Map<object, FieldIndex>();
  return { valueAt, textAt, inLowerCase: () => lowerCaseObject(event), shared };

  function valueAt(path: string): unknown {
    return ownValueAt(path) ?? shared?.valueAt(path);
  }

  function ownValueAt(path: string): unknown {
    let value: unknown = event;
    let parent = '';
    for (const name of path.split('.')) {
      if (isAbsent(value) || isEmptyArray(value)) return undefined;
      if (!isObject(value)) throw new Rejection('field_not_object', parent);
      const field = parent === '' ? name : `${parent}.${name}`;
      const { values, repeated } = indexOf(value);
      if (repeated.has(name.toLowerCase())) throw new Rejection('field_repeated', field);
      value = values.get(name.toLowerCase());
      parent = field;
    }
    return isAbsent(value) ? undefined : value;
  }

  function textAt(path: string): string | undefined {
    const value = valueAt(path);
    if (value === undefined || typeof value === 'string') return value;
    throw new Rejection('field_not_string', path);
  }

  function indexOf(object: object): FieldIndex {
    const known = indexes.get(object);
    if (known !== undefined) return known;
    const index: FieldIndex = { values: new Map(), repeated: new Set() };
    for (const [name, value] of Object.entries(object)) {
      const lowerCase = name.toLowerCase();
      const known = index.values.get(lowerCase);
      if (contradict(known, value)) index.repeated.add(lowerCase);
      if (!isAbsent(value) || !index.values.has(lowerCase)) index.values.set(lowerCase, value);
    }
    indexes.set(object, index);
    return index;
  }

  function lowerCaseObject(object: object): object {
    const { values, repeated } = indexOf(object);
    // The name itself may be personal, so the message does not repeat it.
    if (repeated.size > 0) throw new Rejection('field_repeated', 'A field');
    return Object.fromEntries([...values].map(([name, value]) => [name, lowerCaseValue(value)]));
  }

  function lowerCaseValue(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(lowerCaseValue);
    return isObject(value) ? lowerCaseObject(value) : value;
  }
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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
