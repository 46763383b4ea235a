import type { RequestParts } from '../in-process/lambda.ts';
import { readableText } from './expectation.ts';
import { VOCABULARY } from './vocabulary.ts';

/** Anything shorter may be in a line by chance. */
const MIN_CHARACTERS = 6;
/** A part of a value is a leak, too: parsers quote some characters in their errors. */
const FRAGMENT_CHARACTERS = 8;
/** How many fragments are looked for at the start, and at the end, of a long value. */
const FRAGMENTS_AT_EACH_END = 60;

const PUNCTUATION = /["\\{}[\],:]+/;

/** The names and times of the service itself. A sender chooses none of them. */
const OWN_VALUES = [
  /"contact":"[\w-]+#[\w-]{43}"/g,
  /"day":"\d{4}-\d\d-\d\d"/g,
  /"timestamp":"20\d\d-\d\d-\d\dT[\d:.]+Z"/g,
  /"Timestamp":\d{13}\b/g,
];

/**
 * Finds values of a request in what the service logged and answered.
 *
 * @param output the lines of logs and metrics, and the answer
 * @returns the fragments that leaked
 */
export function leaksIn(output: string, request: RequestParts): string[] {
  const own = OWN_VALUES.reduce((text, pattern) => text.replaceAll(pattern, ''), output);
  const leaks: string[] = [];
  for (const value of valuesIn(request)) {
    for (const fragment of fragmentsOf(value)) {
      if (own.includes(fragment) && !isOwnWord(fragment)) leaks.push(fragment);
    }
  }
  return leaks;
}

/** True for words that the service uses itself; shorter words are ignored. */
function isOwnWord(fragment: string): boolean {
  const words = fragment.split(PUNCTUATION).map((word) => word.trim());
  return words.every(
    (word) => word.length < MIN_CHARACTERS || VOCABULARY.some((own) => own.includes(word)),
  );
}

/** Every text that the sender chose: keys, values and names, plain and as JSON escapes them. */
function valuesIn(request: RequestParts): Set<string> {
  const values = new Set<string>();
  const { authorization = '', ...headers } = request.headers;
  const credentials = authorization.split(' ').at(-1) ?? '';
  for (const text of [credentials, ...Object.values(headers)]) values.add(text);
  values.add(Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] ?? '');
  const text = readableText(request);
  try {
    collect(JSON.parse(text), values);
  } catch {
    for (const piece of text.split('"')) values.add(piece);
  }
  for (const value of values) {
    if (value.length < MIN_CHARACTERS) values.delete(value);
  }
  for (const value of [...values]) values.add(JSON.stringify(value).slice(1, -1));
  return values;
}

/** Collects names and values, without recursion: bodies may be nested very deep. */
function collect(json: unknown, values: Set<string>): void {
  const waiting = [json];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') values.add(value).add(value.trim().toLowerCase());
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inside] of Object.entries(value)) {
      values.add(name);
      waiting.push(inside);
    }
  }
}

function* fragmentsOf(value: string): Generator<string> {
  if (value.length <= FRAGMENT_CHARACTERS) {
    yield value;
    return;
  }
  const last = value.length - FRAGMENT_CHARACTERS;
  for (let at = 0; at <= last; at += 1) {
    if (at === FRAGMENTS_AT_EACH_END) at = Math.max(at, last - FRAGMENTS_AT_EACH_END);
    yield value.slice(at, at + FRAGMENT_CHARACTERS);
  }
}
