import { Rejection } from '../event/rejection.ts';

/** 125 for each of 4,000 events. An honest event has about 10. */
const MAX_BRACKETS = 500_000;
/** Numbers that JSON does not have. */
const NO_NUMBER = /-?\b(?:NaN|Infinity)\b/g;

/**
 * Parses JSON of any depth. Python's `json.dumps` writes `NaN` and `Infinity`, which are no JSON:
 * they count as null, so that one such trait does not spoil a batch.
 *
 * @param text the body
 * @throws {Rejection} 400 if it is no JSON, 413 over 500,000 opening brackets
 */
export function parseJson(text: string): unknown {
  limitBrackets(text);
  try {
    return JSON.parse(text);
  } catch {
    return parseWithoutNaN(text);
  }
}

/**
 * `JSON.parse` takes most of a second for 5 MB of brackets, so they are counted before. Those in texts
 * count, too.
 */
function limitBrackets(text: string): void {
  let brackets = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      brackets += 1;
      if (brackets > MAX_BRACKETS) throw new Rejection('too_many_brackets');
    }
  }
}

function parseWithoutNaN(text: string): unknown {
  const replaced = nullInsteadOfNaN(text);
  // To parse it once more would take as long as the first time.
  if (replaced === text) throw new Rejection('json_invalid');
  try {
    return JSON.parse(replaced);
  } catch {
    throw new Rejection('json_invalid');
  }
}

/** Replaces the numbers that JSON does not have, but not inside of strings. */
function nullInsteadOfNaN(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let quote = text.indexOf('"'); quote !== -1; quote = text.indexOf('"', from)) {
    const end = endOfString(text, quote);
    parts.push(text.slice(from, quote).replace(NO_NUMBER, 'null'), text.slice(quote, end));
    from = end;
  }
  parts.push(text.slice(from).replace(NO_NUMBER, 'null'));
  return parts.join('');
}

/** @returns the index after the quote that closes the string, or the end of the text */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}
