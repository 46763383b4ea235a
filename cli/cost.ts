import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { drawChart, toUsd } from './cost/chart.ts';
import { IDENTIFY, PLAIN } from './cost/measured.ts';
import { type Costs, costOf, type Scenario, totalOf } from './cost/model.ts';
import { PRICES } from './cost/prices.ts';

const command = new Command('npm run cost --')
  .description(
    `Computes what a month costs at AWS list prices (${PRICES.region}, ${PRICES.date}), beside the plain\n` +
      'handler of bench/plain, which takes one event a request. docs/cost.md explains the figures.',
  )
  .option('--events <number>', 'events in a month, such as 50e6', toNumber(1), 50e6)
  .option('--duplicates <number>', 'duplicates for each new event', toNumber(0), 10)
  .option('--batch <number>', 'events in a request', toNumber(1, 4000), 1)
  .option(
    '--unseen <share>',
    'share of duplicates that no container remembers',
    toNumber(0, 1),
    0.5,
  )
  .option('--nat-ms <number>', 'how long Nat takes to answer, ms', toNumber(0), 100)
  .option('--months <number>', 'how long interactions are kept', toNumber(0), 12)
  .option('--svg <file>', 'also draws a chart into this file')
  .option('--json', 'prints JSON');

const { svg, json, ...scenario } = command
  .parse()
  .opts<Scenario & { svg?: string; json?: boolean }>();
const bars = [IDENTIFY, PLAIN].map((design) => ({
  name: design.name,
  costs: costOf(scenario, design),
}));
if (json) process.stdout.write(`${JSON.stringify({ scenario, prices: PRICES, bars })}\n`);
else process.stdout.write(bars.map(({ name, costs }) => toTable(name, costs)).join(''));
if (svg !== undefined) {
  const { events, duplicates, batch } = scenario;
  const count = events.toLocaleString('en');
  const title = `A month of ${count} events, ${duplicates} duplicates for each new one, ${batch} in a request`;
  await writeFile(svg, drawChart(title, bars));
  process.stderr.write(`The chart is in ${svg}.\n`);
}

function toTable(name: string, costs: Costs): string {
  const perMillion = (cost: number) => (cost / scenario.events) * 1e6;
  const lines = [...Object.entries(costs), ['total', totalOf(costs)] as const].map(
    ([part, cost]) =>
      `  ${part.padEnd(12)} ${toUsd(cost).padStart(12)} ${toUsd(perMillion(cost)).padStart(14)}`,
  );
  return `${name}\n  ${''.padEnd(12)} ${'a month'.padStart(12)} ${'a million'.padStart(14)}\n${lines.join('\n')}\n\n`;
}

function toNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const number = Number(text);
    if (text.trim() !== '' && number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a number, ${range}.`);
  };
}
