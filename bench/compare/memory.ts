import type { Machine } from './machine.ts';
import { countRow, type Section } from './section.ts';

const MB = 1024 * 1024;
const MANY = 50_000;
/** One in ten is new. */
const CONTACTS = 5000;
const LARGEST_BATCH = 4000;
const GOAL_MB = 128;

/** What a function needs of its memory. */
export function memorySection(machine: Machine): Section {
  return {
    name: 'memory',
    title: 'Memory',
    about:
      'The heap of the process after what is not needed was collected, and the most memory that the ' +
      `whole process used, Node itself included. The heap has the limits that Lambda sets for a function of ${GOAL_MB} MB: with more room, V8 takes more before it collects.`,
    async measure(onProgress) {
      const first = { kind: 'single', calls: 1, from: 0 } as const;
      onProgress('one request');
      const rest = await machine.run('identify', {
        domain: 'rest.example',
        memoryMb: GOAL_MB,
        first,
      });
      onProgress(`${MANY} requests`);
      const many = await machine.run('identify', {
        domain: 'many.example',
        memoryMb: GOAL_MB,
        first,
        measured: { kind: 'single', calls: MANY, from: 0, contacts: CONTACTS },
      });
      onProgress(`a batch of ${LARGEST_BATCH}`);
      const batch = await machine.run('identify', {
        domain: 'largest.example',
        memoryMb: GOAL_MB,
        first,
        measured: { kind: 'batch', calls: 1, perBatch: LARGEST_BATCH, from: 1 },
      });
      return [
        countRow('heap after one request', rest.heapBytes / MB, 'MB'),
        countRow(`heap after ${MANY} requests of ${CONTACTS} contacts`, many.heapBytes / MB, 'MB'),
        countRow('peak of the process with one request', rest.peakBytes / MB, 'MB'),
        countRow(`peak with ${MANY} requests`, many.peakBytes / MB, 'MB', GOAL_MB),
        countRow(`peak with a batch of ${LARGEST_BATCH}`, batch.peakBytes / MB, 'MB', GOAL_MB),
      ];
    },
  };
}
