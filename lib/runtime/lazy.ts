/**
 * @param make called until it succeeds once
 * @returns a function that gives what `make` gave
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
