import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { cold } from './benches/cold.ts';
import { units } from './benches/units.ts';
import { warm } from './benches/warm.ts';
import { type Bench, toMarkdown, toText } from './report.ts';
import { replaceSection } from './results.ts';

const BENCHES: Bench[] = [cold, warm, units];
const RESULTS = new URL('RESULTS.md', import.meta.url);

const HELP = `npm run bench [-- --only NAME]: measures speed, cost and memory beside the alternatives

Prints tables, and writes them to bench/RESULTS.md. Timed figures are ratios of medians, with the
quartiles behind them. Exit status 1 if a goal is not reached.

  --only NAME  measures one thing, and replaces only its section of bench/RESULTS.md:
${BENCHES.map(({ name, about }) => `                 ${name.padEnd(12)} ${about}`).join('\n')}
`;

const { values } = parseArgs({
  options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const chosen = BENCHES.filter(({ name }) => values.only === undefined || name === values.only);
if (values.help) process.stdout.write(HELP);
else if (chosen.length === 0) {
  process.stderr.write(`--only takes one of: ${BENCHES.map(({ name }) => name).join(', ')}\n`);
  process.exitCode = 2;
} else process.exitCode = await measure(chosen);

/** @returns the exit status */
async function measure(benches: Bench[]): Promise<number> {
  let missed = 0;
  for (const { name, run } of benches) {
    const section = await run((line) => process.stderr.write(`${name}: ${line}\n`));
    missed += section.goals.filter(({ isReached }) => !isReached).length;
    process.stdout.write(`\n${toText(section)}\n\n`);
    const text = `Measured ${today()} on ${machine()}.\n\n${toMarkdown(section)}`;
    const results = readFileSync(RESULTS, 'utf8');
    writeFileSync(RESULTS, replaceSection(results, section.title, text));
  }
  process.stdout.write(missed === 0 ? 'All goals are reached.\n' : `${missed} goals are missed.\n`);
  return missed === 0 ? 0 : 1;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Who compares figures needs to know how busy the machine was. */
function machine(): string {
  const load = loadavg()[0]?.toFixed(1);
  return `Node ${process.versions.node}, ${process.arch}, ${cpus().length} CPUs with a load of ${load}`;
}
