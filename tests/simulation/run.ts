import { parseArgs } from 'node:util';
import { createDepth } from './depth.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run simulate -- [--runs N] [--seed S]

  --runs N  how many runs (default 200)
  --seed S  the seed of the first run; the next one has the next (default: by the clock)
`;
const EVERY = 20;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) process.stdout.write(HELP);
// Crashed functions leave timers behind, which would keep the process running.
else process.exit(await runAll(Number(values.runs), Number(values.seed)));

async function runAll(runs: number, firstSeed: number): Promise<number> {
  const depth = createDepth();
  for (let n = 0; n < runs; n += 1) {
    const seed = firstSeed + n;
    const violations = await simulate(seed, depth);
    if (violations.length > 0) {
      process.stderr.write(`seed ${seed}:\n  ${violations.join('\n  ')}\n`);
      process.stderr.write(`again: npm run simulate -- --runs 1 --seed ${seed}\n`);
      return 1;
    }
    if ((n + 1) % EVERY === 0) {
      process.stdout.write(`${n + 1} of ${runs} runs, all promises kept\n`);
    }
  }
  process.stdout.write(`${runs} runs from seed ${firstSeed}: all promises kept\n${depth}\n`);
  return 0;
}
