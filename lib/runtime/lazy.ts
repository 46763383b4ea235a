/**
 * Puts work off until its result is needed.
 *
 * @param make called with the first call, and again only if it threw
 * @returns a function that returns the result of `make`
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
