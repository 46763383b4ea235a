import type { Program } from './bundles.ts';
import type { Cost, JobResult } from './child.ts';
import type { Machine } from './machine.ts';
import { countRow, ratioRow, type Section } from './section.ts';
import { alternate, compare, medianOf } from './statistics.ts';

/** What a cold start costs. */
export function coldSection(machine: Machine, rounds: number): Section {
  const start = (program: Program, kind: 'single' | 'none') => () =>
    machine.run(program, { domain: 'cold.example', first: { kind, calls: 1, from: 0 } });
  return {
    name: 'cold',
    title: 'A cold start',
    about:
      'Import: a new process imports a bundle. First answer: from the start of the import to the answer ' +
      'of the first request, over a local DynamoDB. For the clients that is a write. identify also reads ' +
      "its secret from Secrets Manager in this time. The others are bundled with esbuild's defaults. " +
      '`npm run cost` uses the CPU times of this machine.',
    async measure(onProgress) {
      const results = await alternate(
        [
          ['identify', start('identify', 'single')],
          ['plain handler', start('plain', 'single')],
          ['bare client', start('bareClient', 'none')],
          ['aws-lite', start('awsLite', 'none')],
        ],
        rounds,
        (round) => onProgress(`${round} of ${rounds}`),
      );
      const ratios = COMPARISONS.map(([step, time, ours, theirs, goal]) => {
        const of = (name: Started) => results(name).map((result) => costOf(result, step)[time]);
        const unit = time === 'cpuMs' ? 'CPU' : 'time';
        const ratio = compare(of(ours), of(theirs));
        return ratioRow(`${step}, ${unit}: ${ours} / ${theirs}`, ratio, goal);
      });
      const cpuTimes = (['identify', 'plain handler'] as const).map((name) => {
        const ms = results(name).map((result) => costOf(result, 'first answer').cpuMs);
        return countRow(`first answer: ${name}: CPU time`, medianOf(ms), 'ms');
      });
      return [...ratios, ...cpuTimes];
    },
  };
}

type Started = 'identify' | 'plain handler' | 'bare client' | 'aws-lite';
type Step = 'import' | 'first answer';

const COMPARISONS: [Step, keyof Cost, Started, Started, number?][] = [
  ['import', 'cpuMs', 'identify', 'bare client', 0.5],
  ['import', 'wallMs', 'identify', 'bare client'],
  ['import', 'cpuMs', 'plain handler', 'bare client'],
  ['import', 'cpuMs', 'aws-lite', 'bare client'],
  ['first answer', 'cpuMs', 'identify', 'plain handler', 0.5],
  ['first answer', 'wallMs', 'identify', 'plain handler'],
  ['first answer', 'cpuMs', 'aws-lite', 'bare client'],
];

function costOf(result: JobResult, step: Step): Cost {
  if (step === 'import') return result.import;
  if (result.first === undefined) throw new Error('the process made no call');
  return result.first;
}
