/** Deeper than any sender nests, and less than the service may refuse. */
const MAX_DEPTH = 50;

/**
 * Tells whether JSON is free of what a service may reject for its form alone: names that differ only
 * in casing, and deep nesting.
 */
export function isOrdinary(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > MAX_DEPTH) return false;
  const names = Array.isArray(value) ? [] : Object.keys(value);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) return false;
  return Object.values(value).every((inside) => isOrdinary(inside, depth + 1));
}
