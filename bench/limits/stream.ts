import { DELIVERY } from '../../cli/cost/measured.ts';
import type { DeliveryResult } from '../../lib/delivery/attempt.ts';
import { createFirstDelivery } from '../../lib/delivery/first-delivery.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { createProcessor, type VirtualClock, withVirtualClock } from '../virtual-clock.ts';

/** As `serverless.yml` sets them for the trigger of `deliver`. */
const BATCH_SIZE = 25;
const CONTAINERS_PER_SHARD = 4;
const FUNCTION_TIMEOUT_MS = 65 * SECOND_MS;

/** CPU time of a delivery, ms, with the share of a processor that `deliver` has. */
const CPU_MS = DELIVERY.cpuMs / DELIVERY.processors;
/** What an attempt takes besides the call to Nat: two calls to the table. */
const TABLE_MS = 15;
/** From the end of an invocation to the start of the next. */
const GAP_MS = 5;
/** The latencies of Nat are spread like those of a service under load: log-normal, with this sigma. */
const SPREAD = 0.4;
/** The time in which a container gets to know a slow workspace. */
const WARM_UP_MS = MINUTE_MS;
const MEASURED_MS = 2 * MINUTE_MS;

/** The work of one shard of the stream while records keep waiting in it. */
export interface ShardResult {
  /** Interactions that reached Nat, per second. */
  deliveredPerSecond: number;
  /** Interactions that were put off unsent because their workspace is slow, per second. */
  putOffPerSecond: number;
}

/**
 * Simulates one shard of the stream that always has records, on a virtual clock. The rules of
 * `deliver` are the real ones: lanes per workspace, and putting off what is slow.
 *
 * @param natMs the median of Nat's latency, ms
 * @param customers how many workspaces the records belong to, evenly
 */
export async function simulateShard(natMs: number, customers: number): Promise<ShardResult> {
  const counts = { delivered: 0, putOff: 0 };
  await withVirtualClock(async (virtual) => {
    for (let n = 0; n < CONTAINERS_PER_SHARD; n += 1) {
      runContainer(virtual, natMs, customers, counts);
    }
    await virtual.clock.tickAsync(WARM_UP_MS);
    Object.assign(counts, { delivered: 0, putOff: 0 });
    await virtual.clock.tickAsync(MEASURED_MS);
  });
  const seconds = MEASURED_MS / SECOND_MS;
  return {
    deliveredPerSecond: counts.delivered / seconds,
    putOffPerSecond: counts.putOff / seconds,
  };
}

/** Runs batches one after another until the clock stops. */
async function runContainer(
  virtual: VirtualClock,
  natMs: number,
  customers: number,
  counts: { delivered: number; putOff: number },
): Promise<void> {
  const { clock, wait } = virtual;
  const compute = createProcessor(virtual);
  const startBatch = createFirstDelivery({
    async deliverPending(): Promise<DeliveryResult> {
      await compute(CPU_MS);
      const took = latencyAround(natMs);
      await wait(TABLE_MS + took);
      counts.delivered += 1;
      return { status: 'delivered', natMs: took, failed: false };
    },
    async putOff(): Promise<DeliveryResult> {
      await wait(TABLE_MS);
      counts.putOff += 1;
      return { status: 'retrying', error: 'put off' };
    },
  });
  for (let record = 0; ; ) {
    const endsAt = clock.now + FUNCTION_TIMEOUT_MS;
    const deliver = startBatch(() => endsAt - clock.now);
    const batch = Array.from({ length: BATCH_SIZE }, () => {
      record += 1;
      return deliver({ contact: `customer-${record % customers}#${record}`, day: '2026-11-28' });
    });
    await Promise.all(batch);
    await wait(GAP_MS);
  }
}

function latencyAround(medianMs: number): number {
  // Box and Muller: two uniform numbers become one that is normal.
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return medianMs * Math.exp(SPREAD * radius * Math.cos(2 * Math.PI * Math.random()));
}
