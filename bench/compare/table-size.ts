import { randomUUID } from 'node:crypto';
import { type Machine, startMachine } from './machine.ts';
import { ratioRow, type Section } from './section.ts';
import { alternate, compare } from './statistics.ts';

const SMALL = 100;
const LARGER = [10_000, 1_000_000];
const CALLS = 1000;
const WARM_UP = 500;
const GOAL = 1.05;

/** Whether a large ledger makes an event dearer. */
export function tableSizeSection(rounds: number): Section {
  return {
    name: 'table-size',
    title: 'The size of the ledger',
    about:
      `CPU time of a new event with ${[SMALL, ...LARGER].map(inWords).join(', ')} interactions in the ` +
      'ledger, without the CPU time of the DynamoDB. The units do not depend on the size: an event reads ' +
      'and writes by key.',
    async measure(onProgress) {
      const machines = new Map<number, Machine>();
      try {
        for (const size of [SMALL, ...LARGER]) {
          onProgress(`filling ${inWords(size)}`);
          const machine = await startMachine();
          machines.set(size, machine);
          await machine.fill(size);
        }
        const times = await alternate(
          [...machines].map(([size, machine]) => [size, () => timeOf(machine)]),
          rounds,
          (round) => onProgress(`${round} of ${rounds}`),
        );
        return LARGER.map((size) => {
          const ratio = compare(times(size), times(SMALL));
          return ratioRow(`a new event: ${inWords(size)} / ${SMALL}`, ratio, GOAL);
        });
      } finally {
        await Promise.all([...machines.values()].map((machine) => machine.stop()));
      }
    },
  };
}

/** CPU time of many new events, ms. */
async function timeOf(machine: Machine): Promise<number> {
  const { measured } = await machine.run('identify', {
    domain: `${randomUUID()}.example`,
    warmUp: { kind: 'single', calls: WARM_UP, from: CALLS },
    measured: { kind: 'single', calls: CALLS, from: 0 },
  });
  if (measured === undefined) throw new Error('the process measured nothing');
  return measured.cpuMs;
}

function inWords(size: number): string {
  return size.toLocaleString('en');
}
