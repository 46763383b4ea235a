import type { Program } from './bundles.ts';
import type { JobResult } from './child.ts';
import type { Machine } from './machine.ts';
import { type Row, ratioRow, type Section } from './section.ts';
import { alternate, compare } from './statistics.ts';

/** What a cold start costs. */
export function coldSection(machine: Machine, rounds: number): Section {
  const start = (program: Program, kind: 'single' | 'none') => () =>
    machine.run(program, { domain: 'cold.example', first: { kind, calls: 1, from: 0 } });
  return {
    name: 'cold',
    title: 'A cold start',
    about:
      'The import of a bundle in a new process, and from there to the answer of the first request over ' +
      'a local DynamoDB. identify also reads its secret from Secrets Manager in this time. The others ' +
      "are bundled with esbuild's defaults.",
    async measure(onProgress) {
      const results = await alternate(
        {
          identify: start('identify', 'single'),
          plain: start('plain', 'single'),
          bareClient: start('bareClient', 'none'),
          awsLite: start('awsLite', 'none'),
        },
        rounds,
        (round) => onProgress(`${round} of ${rounds}`),
      );
      return rowsOf(results);
    },
  };
}

type Started = 'identify' | 'plain' | 'bareClient' | 'awsLite';

function rowsOf(results: Record<Started, JobResult[]>): Row[] {
  const imports = (program: Started, time: 'cpuMs' | 'wallMs') =>
    results[program].map((result) => result.import[time]);
  const answers = (program: Started, time: 'cpuMs' | 'wallMs') =>
    results[program].map(({ first }) => first?.[time] ?? Number.NaN);
  return [
    ratioRow(
      'import, CPU: identify / bare client',
      compare(imports('identify', 'cpuMs'), imports('bareClient', 'cpuMs')),
      0.5,
    ),
    ratioRow(
      'import, time: identify / bare client',
      compare(imports('identify', 'wallMs'), imports('bareClient', 'wallMs')),
    ),
    ratioRow(
      'import, CPU: plain handler / bare client',
      compare(imports('plain', 'cpuMs'), imports('bareClient', 'cpuMs')),
    ),
    ratioRow(
      'import, CPU: aws-lite / bare client',
      compare(imports('awsLite', 'cpuMs'), imports('bareClient', 'cpuMs')),
    ),
    ratioRow(
      'first answer, CPU: identify / plain handler',
      compare(answers('identify', 'cpuMs'), answers('plain', 'cpuMs')),
      0.5,
    ),
    ratioRow(
      'first answer, time: identify / plain handler',
      compare(answers('identify', 'wallMs'), answers('plain', 'wallMs')),
    ),
    ratioRow(
      'first write, CPU: aws-lite / bare client',
      compare(answers('awsLite', 'cpuMs'), answers('bareClient', 'cpuMs')),
    ),
  ];
}
