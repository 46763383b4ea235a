import '../tests/simulation/quiet.ts';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { honestBody, hostileBodies } from './hostile/bodies.ts';
import { createTarget, type Target } from './hostile/target.ts';

/** The most that a hostile body may cost, as a multiple of an honest body of the same size. */
const MAX_RATIO = 3;
const RUNS = 5;

const HELP = `npm run bench:hostile [-- --runs N]: measures the CPU of bodies that were made to be slow

Compares each body of about 5 MB with an honest batch of the same size, of 4,000 new contacts.
Exit status 1 if one costs more than ${MAX_RATIO} times as much.

  --runs N  how often each body is measured (default ${RUNS}); the median counts
`;

const { values } = parseArgs({
  options: { runs: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await compare(Number(values.runs ?? RUNS));

/** @returns the exit status */
async function compare(runs: number): Promise<number> {
  const honest = pack(honestBody());
  const targets = [await createTarget('documented'), await createTarget('custom')];
  print('kind', ['MB', 'documented', 'custom format']);
  let highest = 0;
  for (const { kind, body } of hostileBodies()) {
    const packed = pack(body);
    const ratios: number[] = [];
    for (const target of targets) ratios.push(await ratioOf(target, packed, honest, runs));
    highest = Math.max(highest, ...ratios);
    print(kind, [(body.length / 1e6).toFixed(1), ...ratios.map((ratio) => ratio.toFixed(2))]);
  }
  process.stdout.write(
    `\nThe highest ratio is ${highest.toFixed(2)}; at most ${MAX_RATIO} is allowed.\n`,
  );
  return highest > MAX_RATIO ? 1 : 0;
}

/** Alternates both bodies, so that a machine whose speed changes affects both. */
async function ratioOf(target: Target, hostile: string, honest: string, runs: number) {
  const ratios: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const cpu = await target.send(hostile);
    ratios.push(cpu / (await target.send(honest)));
  }
  return ratios.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

function pack(body: string): string {
  return gzipSync(body).toString('base64');
}

function print(kind: string, cells: string[]): void {
  process.stdout.write(`${kind.padEnd(50)}${cells.map((cell) => cell.padStart(15)).join('')}\n`);
}
