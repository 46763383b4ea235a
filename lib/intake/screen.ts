import { Rejection } from '../event/rejection.ts';

/** Far more than any platform nests, far less than parsers can bear. */
const MAX_NESTING = 100;
/** They reach an object's prototype in careless code; no honest sender has them. */
const PROTOTYPE_NAMES = new Set(['__proto__', 'constructor']);
/** What a message may call by its name: any other one may be personal. */
const FIELDS = new Set(
  'batch type timestamp originalTimestamp email event url traits page context'.split(' '),
);
const COLON = /\s*:/y;

/** A body's text that is safe to parse, and what was cut out of it. */
export interface Screened {
  /** The text, with `null` in the place of each event that is refused. */
  text: string;
  /** Why, by the event's place in its batch, from 0. */
  rejections: ReadonlyMap<number, Rejection>;
}

/**
 * Refuses what a parser would pass over or stumble on: a name twice in one object, of which it keeps
 * the last; names of the prototype; nesting over 100 levels. In a batch that is the end of one event
 * and not of its neighbours. What is not JSON is left to the parser.
 *
 * @param text the body
 * @throws {Rejection} 400 if it is not inside an event of a batch
 */
export function screen(text: string): Screened {
  const rejections = new Map<number, Rejection>();
  const pieces: string[] = [];
  /** The names of each object that is open; undefined for an array, and inside what is refused. */
  const open: (Set<string> | undefined)[] = [];
  /** How many are open right inside a batch; 0 outside of any. */
  let batchLevel = 0;
  let lastName = '';
  let event = { place: 0, from: 0, rejection: undefined as Rejection | undefined };
  let copied = 0;

  for (const { kind, at, name } of tokensOf(text)) {
    if (kind === 'name') meetName(name);
    else if (kind === ',') event.place += open.length === batchLevel ? 1 : 0;
    else if (kind === '{' || kind === '[') begin(kind, at);
    else end(at);
  }
  // What is cut out must not take a mistake of the JSON with it.
  if (rejections.size > 0 && !isJson(text)) return { text, rejections: new Map() };
  return { text: pieces.join('') + text.slice(copied), rejections };

  function meetName(name: string): void {
    const names = open.at(-1);
    if (names?.has(name)) {
      refuse(new Rejection('repeated', FIELDS.has(name) ? name : 'the event', 'one twice'));
    }
    if (PROTOTYPE_NAMES.has(name)) refuse(new Rejection('prototype', 'the event', 'one'));
    names?.add(name);
    lastName = name;
  }

  function begin(bracket: '{' | '[', at: number): void {
    const isBatch = bracket === '[' && batchLevel === 0 && isBatchAt(open.length, lastName);
    if (batchLevel > 0 && open.length === batchLevel) event.from = at;
    open.push(bracket === '{' && event.rejection === undefined ? new Set() : undefined);
    if (isBatch) {
      batchLevel = open.length;
      event = { place: 0, from: at, rejection: undefined };
    }
    if (open.length - batchLevel > MAX_NESTING)
      refuse(new Rejection('nesting', 'the event', 'more'));
  }

  function end(at: number): void {
    open.pop();
    if (open.length < batchLevel) batchLevel = 0;
    if (batchLevel === 0 || open.length !== batchLevel || event.rejection === undefined) return;
    rejections.set(event.place, event.rejection);
    event.rejection = undefined;
    pieces.push(text.slice(copied, event.from), 'null');
    copied = at + 1;
  }

  function refuse(rejection: Rejection): void {
    if (batchLevel === 0) throw rejection;
    event.rejection ??= rejection;
  }
}

/**
 * @param text a body
 * @returns the first event of `[{…}, …]`, as it is written there; undefined for any other body
 */
export function firstEventIn(text: string): string | undefined {
  let level = 0;
  let from = 0;
  for (const { kind, at } of tokensOf(text)) {
    const expected = ['[', '{'][level] ?? kind;
    if (kind !== expected) return undefined;
    if (kind === '{' || kind === '[') {
      if (level === 1) from = at;
      level += 1;
    } else if (kind === '}' || kind === ']') {
      level -= 1;
      if (level === 1) return text.slice(from, at + 1);
    }
  }
  return undefined;
}

/** `[…]` as a whole, or `{"batch": […]}`. */
function isBatchAt(level: number, name: string): boolean {
  return level === 0 || (level === 1 && name.toLowerCase() === 'batch');
}

/** A piece of JSON's structure: a bracket, a comma, or the name of a field. */
interface Token {
  kind: '{' | '[' | '}' | ']' | ',' | 'name';
  at: number;
  name: string;
}

function* tokensOf(text: string): Generator<Token> {
  for (let at = 0; at < text.length; at += 1) {
    const kind = text[at];
    switch (kind) {
      case '{':
      case '[':
      case '}':
      case ']':
      case ',':
        yield { kind, at, name: '' };
        break;
      case '"': {
        const end = endOfString(text, at);
        COLON.lastIndex = end;
        if (COLON.test(text)) yield { kind: 'name', at, name: unquoted(text.slice(at, end)) };
        at = end - 1;
      }
    }
  }
}

/** Behind the quote that closes the string which opens at `from`, or at the end of the text. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A name that is no JSON string is left to the parser. */
function unquoted(name: string): string {
  if (!name.includes('\\')) return name.slice(1, -1);
  try {
    return String(JSON.parse(name));
  } catch {
    return name;
  }
}
