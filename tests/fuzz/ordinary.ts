/** Deeper than any sender nests, and less than the service may refuse. */
const MAX_DEPTH = 50;

const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'prototype'];

/**
 * Whether JSON is free of what a service may refuse for its form alone: names of JavaScript's
 * prototypes, names that differ only in casing, deep nesting.
 */
export function isOrdinary(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > MAX_DEPTH) return false;
  const names = Array.isArray(value) ? [] : Object.keys(value);
  if (names.some((name) => PROTOTYPE_NAMES.includes(name.toLowerCase()))) return false;
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) return false;
  return Object.values(value).every((inside) => isOrdinary(inside, depth + 1));
}

/** Whether the text of some JSON has as many names as the value: none was said twice. */
export function saysNamesOnce(text: string, value: unknown): boolean {
  return namesInText(text) === namesIn(value);
}

function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, inside) => sum + namesIn(inside), own);
}

/** Outside of strings, JSON has a colon behind every name and nowhere else. */
function namesInText(text: string): number {
  let names = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inString && char === '\\') at += 1;
    else if (char === '"') inString = !inString;
    else if (char === ':' && !inString) names += 1;
  }
  return names;
}
