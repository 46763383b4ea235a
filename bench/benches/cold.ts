import type { JobResult } from '../compare/child.ts';
import { startMachine } from '../compare/machine.ts';
import { alternate, compare, summarize } from '../compare/statistics.ts';
import { type Bench, ratioGoal, ratioText, summaryText } from '../report.ts';

const ROUNDS = 21;

/** A cold start: the import of the packaged function, and its first answer. */
export const cold: Bench = {
  name: 'cold',
  about: 'import, and import to the first answer, in a new process',
  async run(say) {
    const machine = await startMachine();
    let contact = 0;
    const start = (program: Parameters<typeof machine.run>[0]) => () => {
      contact += 1;
      const kind = program.startsWith('identify') || program === 'plain' ? 'single' : 'none';
      return machine.run(program, {
        domain: `${program}.example.com`,
        work: [{ kind, calls: 1, from: contact }],
      });
    };
    try {
      // The first round loads the files from the disk.
      const measured = await alternate(
        {
          identify: start('identify'),
          plain: start('plain'),
          bareClient: start('bareClient'),
          awsLite: start('awsLite'),
          nodeHttps: start('nodeHttps'),
          withoutSecretsManager: start('identifyWithoutSecretsManager'),
        },
        ROUNDS,
        (round) => say(`round ${round} of ${ROUNDS}`),
      );
      const { identify, plain, bareClient, withoutSecretsManager } = measured;
      const row = (what: string, results: JobResult[]) => [
        what,
        summaryText(summarize(importCpu(results))),
        ratioText(compare(importCpu(results), importCpu(bareClient))),
        summaryText(summarize(firstCpu(results))),
        ratioText(compare(firstCpu(results), firstCpu(plain))),
        summaryText(summarize(firstWall(results))),
        ratioText(compare(firstWall(results), firstWall(plain))),
      ];
      const secrets =
        summarize(firstCpu(identify)).median - summarize(firstCpu(withoutSecretsManager)).median;
      return {
        title: 'Cold start',
        goals: [
          ratioGoal(
            'CPU of the import, against the bare client',
            compare(importCpu(identify), importCpu(bareClient)),
            0.5,
          ),
          ratioGoal(
            'CPU to the first answer, against the plain handler',
            compare(firstCpu(identify), firstCpu(plain)),
            0.5,
          ),
        ],
        figures: [
          {
            head: [
              'program',
              'import, CPU ms',
              'against the bare client',
              'first answer, CPU ms',
              'against plain',
              'first answer, wall ms',
              'against plain',
            ],
            rows: [
              row('identify, as packaged', identify),
              row('identify with its secret in the bundle', withoutSecretsManager),
              row('the plain handler', plain),
              row('the bare client: one PutItem', bareClient),
              row('aws-lite: one PutItem', measured.awsLite),
              row('node:https alone', measured.nodeHttps),
            ],
          },
        ],
        notes: [
          `To read its secret from Secrets Manager costs a cold start ${secrets.toFixed(1)} ms of CPU: a second client, a second connection and a second request.`,
          `Medians and quartiles of ${ROUNDS} new processes each, taken in turns.`,
        ],
      };
    } finally {
      await machine.stop();
    }
  },
};

function importCpu(results: JobResult[]): number[] {
  return results.map((result) => result.import.cpuMs);
}

function firstCpu(results: JobResult[]): number[] {
  return results.map((result) => result.first.cpuMs);
}

function firstWall(results: JobResult[]): number[] {
  return results.map((result) => result.first.wallMs);
}
