import { Rejection } from '../event/rejection.ts';

/** Numbers that JSON does not have. */
const NO_NUMBER = /-?\b(?:NaN|Infinity)\b/g;

/**
 * Parses JSON of any depth. Python's `json.dumps` writes `NaN` and `Infinity`, which are no JSON:
 * they count as null, so that one such trait does not spoil a batch.
 *
 * @param text the body
 * @throws {Rejection} 400 if it is no JSON
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseWithoutNaN(text);
  }
}

function parseWithoutNaN(text: string): unknown {
  const replaced = nullInsteadOfNaN(text);
  // To parse 5 MB of brackets once more would take as long as the first time.
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
