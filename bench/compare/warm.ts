import type { Program } from './bundles.ts';
import type { Work } from './child.ts';
import type { Machine } from './machine.ts';
import { countRow, ratioRow, type Section } from './section.ts';
import { alternate, compare, medianOf } from './statistics.ts';

const BATCH = 1000;
const SINGLE = { kind: 'single', calls: 1000 } as const;
const BATCHES = { kind: 'batch', calls: 5, perBatch: BATCH } as const;
/** Always the same contact. */
const SEEN = { ...SINGLE, contacts: 1 };
const WARM_UP_EVENTS = 1000;

/** What is done: by which program, and whether another container has done the same before. */
const TASKS = {
  new: { program: 'identify', work: SINGLE },
  'new: plain handler': { program: 'plain', work: SINGLE },
  'duplicate, seen': { program: 'identify', work: SEEN },
  'duplicate, seen: plain handler': { program: 'plain', work: SEEN },
  'duplicate, unseen': { program: 'identify', work: SINGLE, isRepeated: true },
  'duplicate, unseen: plain handler': { program: 'plain', work: SINGLE, isRepeated: true },
  'a batch of 1,000 new': { program: 'identify', work: BATCHES },
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
  /** CPU time of one call, ms. Each process has contacts of its own. */
  const measure = async ({ program, work, isRepeated }: Task): Promise<number> => {
    domains += 1;
    const domain = `warm-${domains}.example`;
    const { kind } = work;
    const measured = { ...work, from: 0 };
    if (isRepeated === true) await machine.run(program, { domain, first: measured });
    const result = await machine.run(program, {
      domain,
      warmUp: {
        kind,
        calls: kind === 'batch' ? 1 : WARM_UP_EVENTS,
        perBatch: WARM_UP_EVENTS,
        from: 1_000_000,
      },
      measured,
    });
    return (result.measured?.cpuMs ?? Number.NaN) / work.calls;
  };
  return {
    name: 'warm',
    title: 'A request in a warm container',
    about:
      'CPU time per call, over a local DynamoDB, without the CPU time of the DynamoDB. A duplicate is ' +
      'seen if this container remembers it, and unseen if only the table knows it. `npm run cost` uses ' +
      'the CPU times of this machine.',
    async measure(onProgress) {
      const tasks = Object.entries<Task>(TASKS);
      const results = await alternate(
        tasks.map(([name, task]) => [name, () => measure(task)]),
        rounds,
        (round) => onProgress(`${round} of ${rounds}`),
      );
      const besidePlain = (name: string, goal: number) =>
        ratioRow(
          `${name}: identify / plain handler`,
          compare(results(name), results(`${name}: plain handler`)),
          goal,
        );
      const calls = results('new').map((ms) => ms * BATCH);
      return [
        besidePlain('new', 0.7),
        besidePlain('duplicate, seen', 0.1),
        besidePlain('duplicate, unseen', 0.5),
        ratioRow(
          'a batch of 1,000 new / 1,000 calls',
          compare(results('a batch of 1,000 new'), calls),
          0.1,
        ),
        ...tasks.map(([name]) => countRow(`${name}: CPU time`, medianOf(results(name)), 'ms')),
      ];
    },
  };
}
