import './compare/quiet.ts';
import { writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { coldSection } from './compare/cold.ts';
import { drainSection } from './compare/drain.ts';
import { logBytesSection } from './compare/log-bytes.ts';
import { startMachine } from './compare/machine.ts';
import { memorySection } from './compare/memory.ts';
import { memorySizeSection } from './compare/memory-size.ts';
import { normalizingSection } from './compare/normalizing.ts';
import type { Row, Section } from './compare/section.ts';
import { tableSizeSection } from './compare/table-size.ts';
import { unitsSection } from './compare/units.ts';
import { warmSection } from './compare/warm.ts';

/** What is short and noisy is measured so many times as often. */
const MORE_ROUNDS = 3;
const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));

const command = new Command('npm run bench --')
  .description(
    'Measures this service beside what people would use instead, prints tables, and writes bench/RESULTS.md.\n' +
      'Timed figures are ratios of medians of alternating runs, with the middle half of the ratios of the pairs.',
  )
  .option('--only <names...>', 'these sections only; RESULTS.md stays as it is')
  .option('--rounds <number>', 'how often each is timed', toRounds, 15);

const { only, rounds } = command.parse().opts<{ only?: string[]; rounds: number }>();
const machine = await startMachine();
try {
  await run([
    coldSection(machine, rounds * MORE_ROUNDS),
    warmSection(machine, rounds),
    unitsSection,
    logBytesSection(machine),
    normalizingSection(rounds * MORE_ROUNDS),
    drainSection,
    memorySection(machine),
    memorySizeSection(machine),
    tableSizeSection(rounds),
  ]);
} finally {
  await machine.stop();
}

async function run(sections: Section[]): Promise<void> {
  const names = sections.map(({ name }) => name);
  const unknown = (only ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    command.error(`unknown section: ${unknown.join(', ')}. There are ${names.join(', ')}.`);
  }
  const tables: string[] = [];
  for (const section of sections) {
    if (only !== undefined && !only.includes(section.name)) continue;
    const onProgress = (text: string) => process.stderr.write(`\r${section.name}: ${text}   `);
    const table = toTable(section, await section.measure(onProgress));
    process.stderr.write('\r\u001B[K');
    process.stdout.write(`${table}\n`);
    tables.push(table);
  }
  if (only === undefined) await writeFile(RESULTS, `${head()}\n${tables.join('\n')}`);
}

function toTable({ title, about }: Section, rows: Row[]): string {
  const lines = rows.map(({ what, figure, goal = '', isReached }) => {
    const reached = isReached === undefined ? '' : isReached ? 'yes' : '**no**';
    return `| ${what} | ${figure} | ${goal} | ${reached} |`;
  });
  const header = '| what | measured | goal | reached |\n| --- | --- | --- | --- |';
  return `## ${title}\n\n${about}\n\n${header}\n${lines.join('\n')}\n`;
}

function head(): string {
  const machineText = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}`;
  return `# Results of \`npm run bench\`

Measured on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machineText}. Timed figures are ratios of medians of ${rounds} alternating runs (of a cold start and of normalizing: ${rounds * MORE_ROUNDS}); in brackets is the middle half of the ratios of the pairs. [docs/performance.md](../docs/performance.md) explains them.
`;
}

function toRounds(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
