import { parseArgs } from 'node:util';
import { type Failure, fuzz, type Report } from './fuzz.ts';

const HELP = `npm run fuzz -- [--seconds N] [--runs N] [--seed S]

Throws changed and broken requests at the real API over an embedded ledger, and stops at the first
that breaks a promise.

  --seconds N  for how long at most (default 60, or without limit if --runs is given)
  --runs N     how many inputs at most (default: no limit)
  --seed S     the seed of the first input; the next one has the next (default: by the clock)
`;
/** What is shown of a body that broke a promise. */
const SHOWN_CHARACTERS = 4000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const firstSeed = Number(values.seed);
  const seconds = Number(
    values.seconds ?? (values.runs === undefined ? 60 : Number.POSITIVE_INFINITY),
  );
  const runs = Number(values.runs ?? Number.POSITIVE_INFINITY);
  if (![firstSeed, seconds, runs].every((number) => number >= 0)) {
    process.stderr.write(`expected numbers\n\n${HELP}`);
    return 2;
  }
  const begun = performance.now();
  const show = (report: Report) => process.stdout.write(progressOf(report, begun));
  const report = await fuzz({ firstSeed, runs, seconds, onProgress: show });
  show(report);
  if (report.failure !== undefined) {
    process.stderr.write(described(report.failure));
    return 1;
  }
  process.stdout.write(`${report.inputs} inputs from seed ${firstSeed}: all promises kept\n`);
  return 0;
}

function progressOf({ inputs, seen }: Report, begun: number): string {
  const rate = Math.round((inputs * 1000) / (performance.now() - begun));
  const counts = [...seen].sort(([a], [b]) => a.localeCompare(b)).map((pair) => pair.join(' × '));
  return `${inputs} inputs, ${rate} a second: ${counts.join(', ')}\n`;
}

function described({ seed, ledgerSince, problems, request }: Failure): string {
  const { body = '', ...rest } = request;
  const shown = { ...rest, body: body.slice(0, SHOWN_CHARACTERS), bodyCharacters: body.length };
  return `seed ${seed}:
  ${problems.join('\n  ')}
${JSON.stringify(shown, null, 2)}
again: npm run fuzz -- --runs 1 --seed ${seed}
and if it takes what was sent before: npm run fuzz -- --runs ${seed - ledgerSince + 1} --seed ${ledgerSince}
`;
}
