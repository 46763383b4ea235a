import { Command } from 'commander';
import { readFigures } from './demo/figures.ts';
import { playDay } from './demo/play-day.ts';
import { type StackPorts, withStackOptions } from './options.ts';
import { print, runStack } from './run-stack.ts';
import type { Stack } from './stack.ts';

const command = withStackOptions(
  new Command('npm run demo --')
    .usage('[options]')
    .description(
      'Runs the whole system on this machine, and plays a day of a small customer in half a minute: two SDKs, an outage of Nat, and events that are wrong. Ctrl-C stops it.',
    ),
).option('--exit', 'stops when the day is over');

const { exit, ...ports } = command.parse().opts<StackPorts & { exit?: true }>();

await runStack({
  ports,
  // The page shows what the functions do.
  onLine: () => {},
  use: async (stack, stopped) => {
    await Promise.race([stopped, play(stack)]);
    if (exit === true) return;
    print('The page stays open. Ctrl-C stops everything.');
    await stopped;
  },
});

async function play(stack: Stack): Promise<void> {
  print(`\nThe page shows all of it: ${stack.natUrl}\n`);
  await playDay(stack, print);
  print(`\n${await readFigures(stack.natUrl)}\n`);
}
