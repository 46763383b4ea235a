import type { Summary } from './statistics.ts';

/** One line of the results. */
export interface Row {
  what: string;
  /** A figure as it is shown, with its unit. */
  figure: string;
  /** The goal as it is shown; undefined if the figure is only for information. */
  goal?: string;
  isReached?: boolean;
}

/** A group of measurements. */
export interface Section {
  name: string;
  title: string;
  /** What was measured, and how. */
  about: string;
  measure(onProgress: (text: string) => void): Promise<Row[]>;
}

/** A ratio with its spread, and whether it is at most the goal. */
export function ratioRow(what: string, ratio: Summary, goal?: number): Row {
  const { median, low, high } = ratio;
  const figure = `${median.toFixed(2)} × (${low.toFixed(2)}–${high.toFixed(2)})`;
  if (goal === undefined) return { what, figure };
  return { what, figure, goal: `≤ ${goal} ×`, isReached: median <= goal };
}

/** A figure that is counted, and whether it is at most the goal. */
export function countRow(what: string, count: number, unit: string, goal?: number): Row {
  const figure = `${Number(count.toFixed(2))} ${unit}`;
  if (goal === undefined) return { what, figure };
  return { what, figure, goal: `≤ ${Number(goal.toFixed(2))} ${unit}`, isReached: count <= goal };
}
