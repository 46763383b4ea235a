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
  return { median: summarize(ours).median / summarize(theirs).median, low, high };
}

/**
 * Measures several things in turns, so that a slow moment of the machine hits all of them.
 *
 * @param rounds how often each is measured
 * @param onRound called after each round
 */
export async function alternate<Name extends string, Result>(
  measures: Record<Name, () => Promise<Result>>,
  rounds: number,
  onRound: (round: number) => void,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(measures) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Result[]
  >;
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of names) results[name].push(await measures[name]());
    onRound(round);
  }
  return results;
}
