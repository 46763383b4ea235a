import type { Program } from './bundles.ts';
import type { Cost, Work } from './child.ts';
import type { Machine } from './machine.ts';
import { countRow, ratioRow, type Section } from './section.ts';
import { alternate, compare, medianOf } from './statistics.ts';

const BATCH = 1000;
const SINGLE = { kind: 'single', calls: 1000 } as const;
const BATCHES = { kind: 'batch', calls: 5, perBatch: BATCH } as const;
/** Always the same contact. */
const SEEN = { ...SINGLE, contacts: 1 };
const WARM_UP_EVENTS = 1000;
const NEW_BATCH = 'a batch of 1,000 new';

/** What is done: by which program, and whether another container has done the same before. */
const TASKS = {
  new: { program: 'identify', work: SINGLE },
  'new: plain handler': { program: 'plain', work: SINGLE },
  'duplicate, seen': { program: 'identify', work: SEEN },
  'duplicate, seen: plain handler': { program: 'plain', work: SEEN },
  'duplicate, unseen': { program: 'identify', work: SINGLE, isRepeated: true },
  'duplicate, unseen: plain handler': { program: 'plain', work: SINGLE, isRepeated: true },
  [NEW_BATCH]: { program: 'identify', work: BATCHES },
  'a batch of 1,000 duplicates, unseen': {
    program: 'identify',
    work: BATCHES,
    isRepeated: true,
  },
} satisfies Record<string, Task>;

interface Task {
  program: Program;
  work: Omit<Work, 'from'>;
  isRepeated?: true;
}

/** What a request costs in a container that runs already. */
export function warmSection(machine: Machine, rounds: number): Section {
  let domains = 0;
  /** What one call costs. Each process has contacts of its own. */
  const measure = async ({ program, work, isRepeated }: Task): Promise<Cost> => {
    domains += 1;
    const domain = `warm-${domains}.example`;
    const { kind } = work;
    const measured = { ...work, from: 0 };
    if (isRepeated === true) await machine.run(program, { domain, first: measured });
    const { measured: cost } = await machine.run(program, {
      domain,
      warmUp: {
        kind,
        calls: kind === 'batch' ? 1 : WARM_UP_EVENTS,
        perBatch: WARM_UP_EVENTS,
        from: 1_000_000,
      },
      measured,
    });
    if (cost === undefined) throw new Error('the process measured nothing');
    return { cpuMs: cost.cpuMs / work.calls, wallMs: cost.wallMs / work.calls };
  };
  return {
    name: 'warm',
    title: 'A request in a warm container',
    about:
      'CPU time per call, over a local DynamoDB, without the CPU time of the DynamoDB; and the time on ' +
      'the clock, with the time in which the DynamoDB works. A duplicate is seen if this container ' +
      'remembers it, and unseen if only the table knows it. `npm run cost` uses the CPU times of this ' +
      'machine.',
    async measure(onProgress) {
      const tasks = Object.entries<Task>(TASKS);
      const results = await alternate(
        tasks.map(([name, task]) => [name, () => measure(task)]),
        rounds,
        (round) => onProgress(`${round} of ${rounds}`),
      );
      const cpuOf = (name: string) => results(name).map(({ cpuMs }) => cpuMs);
      const timeOf = (name: string) => results(name).map(({ wallMs }) => wallMs);
      const besidePlain = (name: string, goal: number) => {
        const plain = `${name}: plain handler`;
        return [
          ratioRow(
            `${name}, CPU: identify / plain handler`,
            compare(cpuOf(name), cpuOf(plain)),
            goal,
          ),
          ratioRow(`${name}, time: identify / plain handler`, compare(timeOf(name), timeOf(plain))),
        ];
      };
      const timesBatch = (times: number[]) => times.map((ms) => ms * BATCH);
      return [
        ...besidePlain('new', 0.7),
        ...besidePlain('duplicate, seen', 0.1),
        ...besidePlain('duplicate, unseen', 0.5),
        ratioRow(
          `${NEW_BATCH}, CPU: one batch / 1,000 calls`,
          compare(cpuOf(NEW_BATCH), timesBatch(cpuOf('new'))),
          0.1,
        ),
        ratioRow(
          `${NEW_BATCH}, time: one batch / 1,000 calls`,
          compare(timeOf(NEW_BATCH), timesBatch(timeOf('new'))),
        ),
        ...tasks.map(([name]) => countRow(`${name}: CPU time`, medianOf(cpuOf(name)), 'ms')),
      ];
    },
  };
}
