import Table from 'cli-table3';
import type { Summary } from './compare/statistics.ts';

/** A figure that has a goal. */
export interface Goal {
  what: string;
  goal: string;
  measured: string;
  isReached: boolean;
}

/** A table of figures. */
export interface Figures {
  head: string[];
  rows: string[][];
}

/** What one bench found. */
export interface Section {
  title: string;
  goals: Goal[];
  figures: Figures[];
  /** What a reader needs to know to judge the figures, one sentence or a few each. */
  notes: string[];
}

/** Measures one thing. */
export interface Bench {
  /** What `--only` takes. */
  name: string;
  /** What it measures, for `--help`. */
  about: string;
  /** @param say shows progress on a line of its own */
  run(say: (line: string) => void): Promise<Section>;
}

const GOALS_HEAD = ['goal', 'at most', 'measured', 'reached'];

/**
 * Makes a goal of a ratio.
 *
 * @param most the highest ratio that is good enough
 */
export function ratioGoal(what: string, ratio: Summary, most: number): Goal {
  return {
    what,
    goal: `${most} ×`,
    measured: ratioText(ratio),
    isReached: ratio.median <= most,
  };
}

/** `0.51 × (0.48–0.55)`: the ratio of the medians, and the quartiles of the ratios of each round. */
export function ratioText({ median, low, high }: Summary): string {
  return `${median.toFixed(2)} × (${low.toFixed(2)}–${high.toFixed(2)})`;
}

/** `12.3 (11.8–13.1)`: the median and the quartiles. */
export function summaryText({ median, low, high }: Summary, digits = 1): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** A section as the terminal shows it. */
export function toText({ title, ...section }: Section): string {
  const tables = tablesOf(section).map(({ head, rows }) => {
    const table = new Table({ head, style: { head: [], border: [] } });
    table.push(...rows);
    return table.toString();
  });
  return [title, ...tables, ...section.notes].join('\n');
}

/** A section of `bench/RESULTS.md`, without its heading. */
export function toMarkdown(section: Omit<Section, 'title'>): string {
  const tables = tablesOf(section).map(({ head, rows }) =>
    [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n'),
  );
  return [...tables, ...section.notes.map((note) => `- ${note}`)].join('\n\n');
}

function tablesOf({ goals, figures }: Omit<Section, 'title'>): Figures[] {
  const rows = goals.map(({ what, goal, measured, isReached }) => [
    what,
    goal,
    measured,
    isReached ? 'yes' : '**no**',
  ]);
  return rows.length === 0 ? figures : [{ head: GOALS_HEAD, rows }, ...figures];
}
