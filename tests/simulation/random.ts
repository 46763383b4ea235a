/** A source of choices that can be repeated. */
export interface Random {
  /** From 0 to 1 (exclusive). */
  next(): number;
  chance(probability: number): boolean;
  /** A whole number from 0 to `below - 1`. */
  int(below: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/**
 * The mulberry32 generator: small, and good enough for a simulation.
 *
 * @param seed a 32-bit number; the same seed makes the same choices
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: ([first, ...rest]) => {
      const at = int(rest.length + 1);
      return at === 0 ? first : (rest[at - 1] ?? first);
    },
  };
}
