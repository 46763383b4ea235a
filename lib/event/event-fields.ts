import { isDeepStrictEqual } from 'node:util';
import { Rejection } from './rejection.ts';

/** A JSON object. */
type JsonObject = Record<string, unknown>;

type ListNames = (object: object) => string[];

/**
 * An event whose fields are found by their path. Nat's customers vary the casing of field names, so
 * `Email`, `EMAIL` and `email` are one field.
 */
export class EventFields {
  /** The fields that a batch gives to all its events. They count where the event has no value. */
  readonly shared: EventFields | undefined;
  readonly #event: JsonObject;
  /** Of the outermost object, which may be large: a dozen fields are read from it. */
  readonly #names: string[];
  readonly #namesIn: ListNames;

  /**
   * @param event one event as parsed from JSON
   * @param shared the fields that its batch gives to all events, if it is in a batch
   * @param namesIn lists the names in an object
   * @throws {Rejection} 400 if it is no object
   */
  constructor(event: unknown, shared?: EventFields, namesIn: ListNames = Object.keys) {
    if (!isObject(event)) throw new Rejection('event_not_object');
    this.shared = shared;
    this.#event = event;
    this.#namesIn = namesIn;
    this.#names = namesIn(event);
  }

  /**
   * @param path names with dots between them, such as `traits.email`
   * @returns the value there; undefined if it is absent, null or a blank text
   * @throws {Rejection} 400 if a name on the path appears twice, or something on the path is no
   * object
   */
  valueAt(path: string): unknown {
    return this.#ownValueAt(path) ?? this.shared?.valueAt(path);
  }

  /**
   * @param path as `valueAt` takes it
   * @returns the text there; undefined if it is absent, null or blank
   * @throws {Rejection} 400 as `valueAt` does, and if the value is no string
   */
  textAt(path: string): string | undefined {
    const value = this.valueAt(path);
    if (value === undefined || typeof value === 'string') return value;
    throw new Rejection('field_not_string', path);
  }

  /**
   * @returns the whole event with all field names in lower case, at every level
   * @throws {Rejection} 400 if any object has a name twice, with different values
   */
  inLowerCase(): object {
    return lowerCaseObject(this.#event);
  }

  #ownValueAt(path: string): unknown {
    let value: unknown = this.#event;
    let depth = 0;
    for (const name of namesOn(path)) {
      if (value === undefined || isEmptyArray(value)) return undefined;
      if (!isObject(value)) throw new Rejection('field_not_object', beginningOf(path, depth));
      depth += 1;
      value = this.#fieldOf(value, name, path, depth);
    }
    return value;
  }

  /** The value of a field, which may stand there under several casings of its name. */
  #fieldOf(object: JsonObject, name: string, path: string, depth: number): unknown {
    let found: unknown;
    for (const key of object === this.#event ? this.#names : this.#namesIn(object)) {
      // The length is compared first, because most names differ in it. It changes nothing else.
      // Stryker disable next-line ConditionalExpression
      if (key.length !== name.length || key.toLowerCase() !== name) continue;
      const value = object[key];
      if (isAbsent(value)) continue;
      if (contradict(found, value)) throw new Rejection('field_repeated', beginningOf(path, depth));
      found = value;
    }
    return found;
  }
}

/**
 * Reads the fields that a batch gives to all its events. Each event reads them again, and the batch
 * may have thousands of names there, so the names in an object are listed only once.
 *
 * @param fields as parsed from JSON
 * @throws {Rejection} 400 if it is no object
 */
export function readShared(fields: unknown): EventFields {
  const listed = new Map<object, string[]>();
  return new EventFields(fields, undefined, (object) => {
    const names = listed.get(object) ?? Object.keys(object);
    listed.set(object, names);
    return names;
  });
}

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
  // For thousands of names, `Object.entries` takes three times as long.
  for (const name of Object.keys(object)) {
    const value = object[name];
    const lowerCase = name.toLowerCase();
    // The name itself may be personal, so the message does not repeat it.
    if (contradict(fields.get(lowerCase), value)) throw new Rejection('field_repeated', 'A field');
    if (!isAbsent(value) || !fields.has(lowerCase)) fields.set(lowerCase, value);
  }
  for (const [name, value] of fields) fields.set(name, lowerCaseValue(value));
  return Object.fromEntries(fields);
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

/** true for a JSON object, which is neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
