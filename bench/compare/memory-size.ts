import { PRICES } from '../../cli/cost/prices.ts';
import type { Cost } from './child.ts';
import type { Machine } from './machine.ts';
import type { Row, Section } from './section.ts';

const SIZES_MB = [256, 512, 1024, 1769, 3008];
/** Lambda gives one whole processor at this size, and a share of it below. One thread uses no more. */
const MB_PER_PROCESSOR = 1769;
/** The size of `identify` in serverless.yml. */
const IDENTIFY_MB = 1769;
const MB_PER_GB = 1024;
const MILLION = 1e6;
/** What one call to DynamoDB and one to Nat take. */
const TABLE_MS = 5;
const NAT_MS = 200;
const CALLS = 500;
const RECORDS = 250;
const RECORDS_PER_CALL = 25;
const LARGEST_BATCH = 4000;
/** Measured with a part of it, because this machine may be too slow for all of it in 9 s. */
const MEASURED_BATCH = 1000;
const CONCURRENT_WRITES = 50;
const KEYS_PER_READ = 100;
/** Segment waits so long for its largest batch. */
const BATCH_GOAL_MS = 10_000;

/** Something that a function does, and what it takes. */
interface Task {
  what: string;
  cpuMs: number;
  waitMs: number;
  goalMs?: number;
}

/** Time and cost of the functions by their memory. */
export function memorySizeSection(machine: Machine): Section {
  return {
    name: 'memory-size',
    title: 'Memory size of the functions',
    about:
      'A model: the measured CPU time, divided by the share of a processor that Lambda gives at a size ' +
      `(one at ${MB_PER_PROCESSOR} MB), and the time of the calls: ${TABLE_MS} ms for a table, ` +
      `${NAT_MS} ms for Nat. The cost is that of the time of a million such tasks.`,
    async measure(onProgress) {
      const tasks = await measureTasks(machine, onProgress);
      return tasks.map(toRow);
    },
  };
}

async function measureTasks(machine: Machine, onProgress: (text: string) => void): Promise<Task[]> {
  const domain = 'memory-size.example';
  onProgress('identify');
  const single = { kind: 'single', from: 0 } as const;
  const { first, measured } = await machine.run('identify', {
    domain,
    first: { ...single, calls: 1, from: 1_000_000 },
    warmUp: { ...single, calls: CALLS, from: 2_000_000 },
    measured: { ...single, calls: CALLS },
  });
  onProgress(`a batch of ${MEASURED_BATCH}`);
  const batch = await machine.run('identify', {
    domain: `batch.${domain}`,
    first: { kind: 'single', calls: 1, from: 1_000_000 },
    measured: { kind: 'batch', perBatch: MEASURED_BATCH, calls: 1, from: 0 },
  });
  const batchCpuMs = cpuOf(batch.first) + cpuOf(batch.measured) * (LARGEST_BATCH / MEASURED_BATCH);
  onProgress('deliver');
  const records = await machine.findPending(2 * RECORDS);
  const calls = RECORDS / RECORDS_PER_CALL;
  const delivery = await machine.run('deliver', {
    domain,
    records,
    warmUp: { kind: 'records', perBatch: RECORDS_PER_CALL, calls, from: 0 },
    measured: { kind: 'records', perBatch: RECORDS_PER_CALL, calls, from: RECORDS },
  });
  const perDelivery = cpuOf(delivery.measured) / RECORDS;
  const batchWaitMs =
    (LARGEST_BATCH / KEYS_PER_READ + LARGEST_BATCH / CONCURRENT_WRITES) * TABLE_MS;
  return [
    { what: 'identify: a cold start', cpuMs: cpuOf(first), waitMs: 4 * TABLE_MS },
    { what: 'identify: a new event', cpuMs: cpuOf(measured) / CALLS, waitMs: 2 * TABLE_MS },
    {
      what: `identify: a cold start with a batch of ${LARGEST_BATCH} new events`,
      cpuMs: batchCpuMs,
      waitMs: batchWaitMs,
      goalMs: BATCH_GOAL_MS,
    },
    { what: 'deliver: one record', cpuMs: perDelivery, waitMs: NAT_MS + 2 * TABLE_MS },
    {
      what: `deliver, redeliver: ${RECORDS_PER_CALL} at a time`,
      cpuMs: RECORDS_PER_CALL * perDelivery,
      waitMs: NAT_MS + 2 * TABLE_MS,
    },
  ];
}

function cpuOf(cost: Cost | undefined): number {
  if (cost === undefined) throw new Error('a process did less than it should');
  return cost.cpuMs;
}

function toRow({ what, cpuMs, waitMs, goalMs }: Task): Row {
  const timeAt = (sizeMb: number) => cpuMs / Math.min(1, sizeMb / MB_PER_PROCESSOR) + waitMs;
  const figures = SIZES_MB.map((sizeMb) => {
    const ms = timeAt(sizeMb);
    const cost = (ms / 1000) * (sizeMb / MB_PER_GB) * PRICES.lambdaGbSecond * MILLION;
    return `${sizeMb} MB: ${ms.toFixed(0)} ms, ${cost.toFixed(2)} USD`;
  });
  const row = { what, figure: figures.join('; ') };
  if (goalMs === undefined) return row;
  const isReached = timeAt(IDENTIFY_MB) <= goalMs;
  return { ...row, goal: `≤ ${goalMs} ms at ${IDENTIFY_MB} MB`, isReached };
}
