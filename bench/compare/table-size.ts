import type { Machine } from './machine.ts';
import { ratioRow, type Section } from './section.ts';
import { compare } from './statistics.ts';

const SIZES = [100, 10_000, 1_000_000];
const CALLS = 1000;
const WARM_UP = 500;
const ROUNDS = 5;
const GOAL = 1.05;

/** Whether a large ledger makes an event dearer. */
export function tableSizeSection(machine: Machine): Section {
  return {
    name: 'table-size',
    title: 'The size of the ledger',
    about:
      `CPU time of a new event with ${SIZES.map((size) => size.toLocaleString('en')).join(', ')} ` +
      'interactions in the ledger, without the CPU time of the DynamoDB. The units do not depend on the ' +
      'size: an event reads and writes by key.',
    async measure(onProgress) {
      const times: number[][] = [];
      for (const size of SIZES) {
        onProgress(`filling ${size.toLocaleString('en')}`);
        await machine.fill(size);
        const ofSize: number[] = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          onProgress(`${size.toLocaleString('en')}: ${round + 1} of ${ROUNDS}`);
          const { measured } = await machine.run('identify', {
            domain: `size-${size}-${round}.example`,
            warmUp: { kind: 'single', calls: WARM_UP, from: 1_000_000 },
            measured: { kind: 'single', calls: CALLS, from: 0 },
          });
          ofSize.push(measured?.cpuMs ?? Number.NaN);
        }
        times.push(ofSize);
      }
      const [small = [], ...larger] = times;
      return larger.map((ofSize, n) => {
        const name = `${SIZES[n + 1]?.toLocaleString('en')} / ${SIZES[0]}`;
        return ratioRow(`a new event: ${name}`, compare(ofSize, small), GOAL);
      });
    },
  };
}
