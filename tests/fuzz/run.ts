import { parseArgs } from 'node:util';
import { type Failure, fuzz, type Report } from './fuzz.ts';

const HELP = `npm run fuzz -- [--seconds N] [--runs N] [--seed S]

Sends changed and broken requests to the real API with an embedded ledger, until one breaks a
promise of the service.

  --seconds N  stop after so many seconds (default 60; no limit if --runs is given)
  --runs N     stop after so many requests (default: no limit)
  --seed S     the seed of the first request; each further one has the next (default: by the clock)
`;
/** How much is shown of a body that broke a promise. */
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
    process.stderr.write(`All values must be numbers.\n\n${HELP}`);
    return 2;
  }
  const startedAt = performance.now();
  const show = (report: Report) => process.stdout.write(progressOf(report, startedAt));
  const report = await fuzz({ firstSeed, runs, seconds, onProgress: show });
  show(report);
  if (report.failure !== undefined) {
    process.stderr.write(describe(report.failure));
    return 1;
  }
  process.stdout.write(`${report.inputs} requests from seed ${firstSeed}: all promises kept\n`);
  return 0;
}

function progressOf({ inputs, seen }: Report, startedAt: number): string {
  const rate = Math.round((inputs * 1000) / (performance.now() - startedAt));
  const counts = [...seen].sort(([a], [b]) => a.localeCompare(b)).map((pair) => pair.join(' × '));
  return `${inputs} requests, ${rate} a second: ${counts.join(', ')}\n`;
}

function describe({ seed, ledgerSince, problems, request }: Failure): string {
  const { body = '', ...rest } = request;
  const shown = { ...rest, body: body.slice(0, SHOWN_CHARACTERS), bodyCharacters: body.length };
  return `seed ${seed}:
  ${problems.join('\n  ')}
${JSON.stringify(shown, null, 2)}
repeat it: npm run fuzz -- --runs 1 --seed ${seed}
if it depends on earlier requests: npm run fuzz -- --runs ${seed - ledgerSince + 1} --seed ${ledgerSince}
`;
}
