import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import pMap from 'p-map';
import { ACCEPTING } from './defects/accepting.ts';
import type { Defect } from './defects/defect.ts';
import { DELETING } from './defects/deleting.ts';
import { DELIVERING } from './defects/delivering.ts';
import { ISOLATING } from './defects/isolating.ts';
import { OPERATING } from './defects/operating.ts';
import { REPAIRING } from './defects/repairing.ts';
import { ROTATING } from './defects/rotating.ts';
import { SETTLING } from './defects/settling.ts';

const HELP = `npm run simulate:mutants -- [--runs N] [--seed S] [--only TEXT]

  --runs N     how many runs may pass until the simulation sees a defect (default 300)
  --seed S     the seed of the first run (default 1)
  --only TEXT  only the defects whose description contains this
`;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'cli',
  'docs',
  'functions',
  'lib',
  'offline',
  'resources',
  'tests',
  'openapi.json',
  'package.json',
  'serverless.yml',
  'vitest.config.ts',
];
/** A defect may make something wait for ever. That does not count as seen. */
const TIMEOUT_MS = 30 * 60_000;
const ALL = [
  ...[...ACCEPTING, ...DELIVERING, ...SETTLING, ...ISOLATING],
  ...[...REPAIRING, ...OPERATING, ...DELETING, ...ROTATING],
];

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await runAll(ALL.filter(({ defect }) => defect.includes(values.only)));

/** Puts each defect into a copy of the code, and prints a row that says what saw it. */
async function runAll(defects: Defect[]): Promise<number> {
  checkThatTheyFit(ALL);
  process.stdout.write('| defect | seen by | what it said |\n| --- | --- | --- |\n');
  let done = 0;
  const sightings = await pMap(
    defects,
    async (one) => {
      const seen = await look(one);
      done += 1;
      process.stdout.write(
        `| ${one.defect} | ${seen?.by ?? '–'} | ${seen?.what ?? 'NOT SEEN'} |\n`,
      );
      process.stderr.write(`${done} of ${defects.length}\n`);
      return seen;
    },
    { concurrency: availableParallelism() },
  );
  const unseen = sightings.filter((seen) => seen === undefined).length;
  process.stdout.write(`\n${defects.length} defects, ${unseen} of them not seen\n`);
  return unseen > 0 ? 1 : 0;
}

function checkThatTheyFit(defects: Defect[]): void {
  const misfits = defects.filter(({ file, from }) => {
    return readFileSync(join(ROOT, file), 'utf8').split(from).length !== 2;
  });
  if (misfits.length === 0) return;
  const list = misfits.map(({ file, from }) => `${file} does not contain exactly once:\n  ${from}`);
  throw new Error(list.join('\n'));
}

/** @returns undefined if nothing saw the defect */
async function look({ file, from, to, test }: Defect): Promise<Sighting | undefined> {
  const copy = mkdtempSync(join(tmpdir(), 'nat-destination-mutant-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const source = readFileSync(join(copy, file), 'utf8');
    writeFileSync(
      join(copy, file),
      source.replace(from, () => to),
    );
    return test === undefined ? await simulateIn(copy) : await runTest(copy, test);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** What saw a defect, and what it said. */
interface Sighting {
  by: string;
  what: string;
}

async function simulateIn(copy: string): Promise<Sighting | undefined> {
  const args = ['tests/simulation/run.ts', '--runs', values.runs, '--seed', values.seed];
  const { status, stderr } = await run(copy, args);
  const [, seed, what] = /^seed (\d+):\n {2}(.*)$/m.exec(stderr) ?? [];
  if (seed !== undefined && what !== undefined) return { by: `seed ${seed}`, what };
  // The simulation itself may be at fault, so this does not count.
  if (status !== 0) process.stderr.write(stderr);
  return undefined;
}

async function runTest(copy: string, test: string): Promise<Sighting | undefined> {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const { status, stdout, stderr } = await run(copy, [vitest, 'run', '--project', 'parts', test]);
  const failures = [...stripVTControlCharacters(stdout + stderr).matchAll(/^ *FAIL .* > (.*)$/gm)];
  const what = failures[0]?.[1];
  if (status !== 0 && what === undefined) process.stderr.write(stdout + stderr);
  return what === undefined ? undefined : { by: `\`${test}\``, what };
}

/** Runs Node. The status is null if it took too long. */
async function run(cwd: string, args: string[]) {
  const child = spawn(process.execPath, args, { cwd, timeout: TIMEOUT_MS });
  const [status, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}
