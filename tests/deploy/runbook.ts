/** A block of commands in docs/runbook.md. */
export interface Step {
  /** The heading above it. */
  section: string;
  commands: string;
  /** What the document says that they print. */
  printed: string;
}

const SECTION = /^## (.+)\n([\s\S]*?)(?=^## |(?![\s\S]))/gm;
const BLOCK = /^```sh\n([\s\S]*?)^```\n(?:\n```\n([\s\S]*?)^```\n)?/gm;
/** What is another one each time. */
const VARIABLE = [
  [/\d{4}-\d{2}-\d{2}T[\d:.]+Z/, String.raw`\d{4}-\d{2}-\d{2}T[\d:.]+Z`],
  [/\d{4}-\d{2}-\d{2}(?: [\d:]+ UTC)?/, String.raw`\d{4}-\d{2}-\d{2}(?: [\d:]+ UTC)?`],
  [/\(\d+ ms\)/, String.raw`\(\d+ ms\)`],
  [/…/, '.*'],
] as const;
const ANY_VARIABLE = new RegExp(VARIABLE.map(([found]) => `(${found.source})`).join('|'));

/** Reads every block of commands of a runbook, in order. */
export function readSteps(markdown: string): Step[] {
  return [...markdown.matchAll(SECTION)].flatMap(([, section = '', text = '']) =>
    [...text.matchAll(BLOCK)].map(([, commands = '', printed = '']) => ({
      section,
      commands,
      printed,
    })),
  );
}

/**
 * Compares what commands printed with what the document says. Times, `…`, and the width of columns
 * may differ, and what npm prints before a script.
 *
 * @returns true if it is the same otherwise
 */
export function isPrinted(output: string, printed: string): boolean {
  const lines = linesOf(printed).map((line) =>
    line === '…' ? '(?:.*\n)*?' : `${toPattern(line)}\n`,
  );
  const text = linesOf(output).map((line) => `${line}\n`);
  return new RegExp(`^${lines.join('')}$`).test(text.join(''));
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '' && !line.startsWith('> '));
}

function toPattern(line: string): string {
  const [found] = line.match(ANY_VARIABLE) ?? [];
  if (found === undefined) return RegExp.escape(line);
  const [, pattern = ''] = VARIABLE.find(([each]) => each.test(found)) ?? [];
  const [before = '', ...after] = line.split(found);
  return `${RegExp.escape(before)}${pattern}${toPattern(after.join(found))}`;
}
