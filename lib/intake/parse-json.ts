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
  if (!/NaN|Infinity/.test(text)) throw new Rejection('json_invalid');
  const parts = splitAtStrings(text).map((part) =>
    part.startsWith('"') ? part : part.replace(NO_NUMBER, 'null'),
  );
  try {
    return JSON.parse(parts.join(''));
  } catch {
    throw new Rejection('json_invalid');
  }
}

/** Splits JSON into its strings, with their quotes, and the text between them. */
function splitAtStrings(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  while (from < text.length) {
    const quote = text.indexOf('"', from);
    const start = quote < 0 ? text.length : quote;
    const end = endOfString(text, start);
    parts.push(text.slice(from, start), text.slice(start, end));
    from = end;
  }
  return parts;
}

/** @returns the index after the quote that closes the string, or the end of the text */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}
