/** The middle of some numbers, and the range of the half of them around it. */
export interface Summary {
  median: number;
  /** A quarter of the numbers is lower. */
  low: number;
  /** A quarter of the numbers is higher. */
  high: number;
}

/** Summarizes numbers, of which there is at least one. */
function summarize(numbers: number[]): Summary {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/**
 * Compares two things that were measured in turns.
 *
 * @returns the ratio of the medians, and the spread of the ratios of each pair
 */
export function compare(ours: number[], theirs: number[]): Summary {
  const pairs = ours.map((number, n) => number / (theirs[n] ?? Number.NaN));
  const { low, high } = summarize(pairs);
  return { median: medianOf(ours) / medianOf(theirs), low, high };
}

/** The middle of some numbers, of which there is at least one. */
export function medianOf(numbers: number[]): number {
  return summarize(numbers).median;
}

/**
 * Measures several things in turns, so that a slow moment of the machine hits all of them. Each round
 * begins with another one, because what ran before leaves its mark on the caches of the processor.
 *
 * @param measures each with its name
 * @param rounds how often each is measured
 * @param onRound called after each round
 * @returns gives the results of a name, in order
 */
export async function alternate<Name extends string | number, Result>(
  measures: [Name, () => Promise<Result>][],
  rounds: number,
  onRound: (round: number) => void,
): Promise<(name: Name) => Result[]> {
  const results = new Map<Name, Result[]>();
  for (let round = 1; round <= rounds; round += 1) {
    const first = round % measures.length;
    for (const [name, measure] of [...measures.slice(first), ...measures.slice(0, first)]) {
      results.set(name, [...(results.get(name) ?? []), await measure()]);
    }
    onRound(round);
  }
  return (name) => results.get(name) ?? [];
}
