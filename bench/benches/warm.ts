import type { Cost, Work } from '../compare/child.ts';
import { startMachine } from '../compare/machine.ts';
import { alternate, compare, summarize } from '../compare/statistics.ts';
import { type Bench, ratioGoal, ratioText, summaryText } from '../report.ts';

const ROUNDS = 7;
/** Enough that V8 has compiled what it will. */
const WARM_UP = 300;
const CALLS = 250;
const BATCH_SIZE = 1000;
const BATCHES = 2;

/** What one program costs in each case, per call; a batch per event. */
interface Warm {
  fresh: Cost;
  unseen: Cost;
  seen: Cost;
}

/** Requests to a container that runs already. */
export const warm: Bench = {
  name: 'warm',
  about: 'new events, duplicates and batches, in a process that is warm',
  async run(say) {
    const machine = await startMachine();
    let run = 0;
    /** The second process finds in the table what the first one wrote, and nothing in its memory. */
    const singles =
      (program: 'identify' | 'plain', env: NodeJS.ProcessEnv = {}) =>
      async (): Promise<Warm> => {
        run += 1;
        const domain = `run-${run}.example.com`;
        const warmUp: Work = { kind: 'single', calls: WARM_UP, from: 0 };
        const measured: Work = { kind: 'single', calls: CALLS, from: WARM_UP };
        const first = await machine.run(program, { domain, work: [warmUp, measured] }, { env });
        const work = [warmUp, measured, measured];
        const second = await machine.run(program, { domain, work }, { env });
        return {
          fresh: perUnit(first.work[1], CALLS),
          unseen: perUnit(second.work[1], CALLS),
          seen: perUnit(second.work[2], CALLS),
        };
      };
    const batches = async (): Promise<Warm> => {
      run += 1;
      const domain = `run-${run}.example.com`;
      const batch = { kind: 'batch', calls: BATCHES, batchSize: BATCH_SIZE } as const;
      const warmUp: Work = { ...batch, calls: 1, from: 0 };
      const measured: Work = { ...batch, from: BATCH_SIZE };
      const first = await machine.run('identify', { domain, work: [warmUp, measured] });
      const second = await machine.run('identify', { domain, work: [warmUp, measured, measured] });
      return {
        fresh: perUnit(first.work[1], BATCHES * BATCH_SIZE),
        unseen: perUnit(second.work[1], BATCHES * BATCH_SIZE),
        seen: perUnit(second.work[2], BATCHES * BATCH_SIZE),
      };
    };
    try {
      const results = await alternate(
        {
          identify: singles('identify'),
          plain: singles('plain'),
          cached: singles('plain', { LOCAL_CACHE: 'true' }),
          batch: batches,
        },
        ROUNDS,
        (round) => say(`round ${round} of ${ROUNDS}`),
      );
      const { identify, plain, cached, batch } = results;
      const cpu = (all: Warm[], which: keyof Warm) => all.map((one) => one[which].cpuMs);
      const wall = (all: Warm[], which: keyof Warm) => all.map((one) => one[which].wallMs);
      const row = (what: string, all: Warm[], which: keyof Warm) => [
        what,
        summaryText(summarize(cpu(all, which)), 3),
        ratioText(compare(cpu(all, which), cpu(plain, which))),
        summaryText(summarize(wall(all, which)), 3),
        ratioText(compare(wall(all, which), wall(plain, which))),
      ];
      const goal = (what: string, all: Warm[], which: keyof Warm, most: number) =>
        ratioGoal(what, compare(cpu(all, which), cpu(plain, which)), most);
      return {
        title: 'Warm requests',
        goals: [
          goal('CPU of a new event', identify, 'fresh', 0.7),
          goal('CPU of a duplicate that this container has seen', identify, 'seen', 0.1),
          goal('CPU of a duplicate that it has not seen', identify, 'unseen', 0.5),
          goal('CPU of a batch of 1,000 new events, against 1,000 calls', batch, 'fresh', 0.1),
        ],
        figures: [
          {
            head: ['per event', 'CPU ms', 'against plain', 'wall ms', 'against plain'],
            rows: [
              row('new', identify, 'fresh'),
              row('new, in a batch of 1,000', batch, 'fresh'),
              row('new, plain', plain, 'fresh'),
              row('duplicate, seen', identify, 'seen'),
              row('duplicate, seen, in a batch of 1,000', batch, 'seen'),
              row('duplicate, plain', plain, 'seen'),
              row('duplicate, seen, plain with the cache of Powertools', cached, 'seen'),
              row('duplicate, unseen', identify, 'unseen'),
              row('duplicate, unseen, in a batch of 1,000', batch, 'unseen'),
              row('duplicate, unseen, plain', plain, 'unseen'),
            ],
          },
        ],
        notes: [
          'The plain handler takes one event a call, so a batch is compared with as many of its calls.',
          'The cache of Powertools is off by default.',
        ],
      };
    } finally {
      await machine.stop();
    }
  },
};

function perUnit(cost: Cost | undefined, units: number): Cost {
  if (cost === undefined) throw new Error('a process did less than it should');
  return { cpuMs: cost.cpuMs / units, wallMs: cost.wallMs / units };
}
