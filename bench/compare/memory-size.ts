import { CONCURRENT_WRITES, TABLE_MS } from '../../cli/cost/model.ts';
import { PRICES } from '../../cli/cost/prices.ts';
import type { Machine } from './machine.ts';
import { countRow, type Row, type Section } from './section.ts';

const SIZES_MB = [256, 512, 1024, 1769, 3008];
/** A function with so much memory has one whole processor; with less, its share of one. */
const WHOLE_PROCESSOR_MB = 1769;
const CALLS = 1000;
const BATCH = 1000;
const RECORDS = 25;
const NAT_MS = 100;

/** Something that a function does. */
interface Task {
  what: string;
  /** CPU time, ms. */
  cpuMs: number;
  /** Time in which it waits for others, ms. */
  waitMs: number;
}

/** What each memory size would cost, and how long it would take. */
export function memorySizeSection(machine: Machine): Section {
  return {
    name: 'memory-size',
    title: 'Memory size: time, and cost of a million',
    about:
      `A model, as aws-lambda-power-tuning makes one from real runs: below ${WHOLE_PROCESSOR_MB} MB a function ` +
      'has a share of a processor, so its CPU time takes longer; the time in which it waits does not ' +
      `change (${TABLE_MS} ms for a table call, ${NAT_MS} ms for Nat). The CPU times are of this machine. ` +
      'Prices are those of `npm run cost`.',
    async measure(onProgress) {
      const tasks = await measureTasks(machine, onProgress);
      return tasks.flatMap(rowsOf);
    },
  };
}

async function measureTasks(machine: Machine, onProgress: (text: string) => void): Promise<Task[]> {
  onProgress('identify');
  const single = await machine.run('identify', {
    domain: 'size-single.example',
    first: { kind: 'single', calls: 1, from: 2_000_000 },
    warmUp: { kind: 'single', calls: CALLS / 2, from: 1_000_000 },
    measured: { kind: 'single', calls: CALLS, from: 0 },
  });
  const batch = await machine.run('identify', {
    domain: 'size-batch.example',
    warmUp: { kind: 'batch', calls: 2, perBatch: BATCH / 2, from: 1_000_000 },
    measured: { kind: 'batch', calls: 2, perBatch: BATCH, from: 0 },
  });
  onProgress('deliver');
  const keys = await machine.findPending();
  const calls = CALLS / RECORDS;
  const delivered = await machine.run('deliver', {
    domain: 'size-records.example',
    keys,
    warmUp: { kind: 'records', calls, perBatch: RECORDS, from: 0 },
    measured: { kind: 'records', calls, perBatch: RECORDS, from: CALLS },
  });
  const cpuOf = (work: { cpuMs: number } | undefined, times: number) =>
    (work?.cpuMs ?? Number.NaN) / times;
  return [
    { what: 'identify, start', cpuMs: cpuOf(single.first, 1), waitMs: 4 * TABLE_MS },
    { what: 'identify, one new', cpuMs: cpuOf(single.measured, CALLS), waitMs: 2 * TABLE_MS },
    {
      what: 'identify, batch of 4,000 new',
      cpuMs: (cpuOf(batch.measured, 2) * 4000) / BATCH,
      waitMs: (1 + 4000 / CONCURRENT_WRITES) * TABLE_MS,
    },
    {
      what: 'deliver, one',
      cpuMs: cpuOf(delivered.measured, CALLS),
      waitMs: NAT_MS + 2 * TABLE_MS,
    },
    {
      what: 'deliver, 25 at once',
      cpuMs: cpuOf(delivered.measured, calls),
      waitMs: NAT_MS + 2 * TABLE_MS,
    },
  ];
}

function rowsOf({ what, cpuMs, waitMs }: Task): Row[] {
  const bySize = SIZES_MB.map((memoryMb) => {
    const ms = cpuMs / Math.min(1, memoryMb / WHOLE_PROCESSOR_MB) + waitMs;
    const perMillion = (memoryMb / 1024) * (ms / 1000) * PRICES.lambdaGbSecond * 1e6;
    return {
      what: `${what}: ${memoryMb} MB`,
      figure: `${ms.toFixed(0)} ms, $${perMillion.toFixed(2)}`,
    };
  });
  return [countRow(`${what}: CPU time`, cpuMs, 'ms'), ...bySize];
}
