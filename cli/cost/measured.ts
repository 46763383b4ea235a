/**
 * What was measured or counted. The units are held by `tests/bench/units.test.ts`, the bytes by
 * `tests/output/log-lines.test.ts`; the CPU times are those of bench/RESULTS.md, and stand
 * for one whole processor of Lambda.
 */
export interface Design {
  name: string;
  /** Memory of the function that takes events, GB. */
  memoryGb: number;
  /** How many events a request may have; one if the design knows no batches. */
  maxBatch: number;
  /** CPU time of an event in a request of its own and in a batch, and of a start, ms. */
  cpuMs: { single: PerKind; inBatch: PerKind; start: number };
  /** DynamoDB units; a request has some of its own. */
  units: {
    request: { reads: number; writes: number };
    new: { reads: number; writes: number };
    unseen: { reads: number; writes: number };
    seen: { reads: number; writes: number };
  };
  /** Table calls that a request waits for, one after another. */
  tableCalls: PerKind;
  /** Bytes of logs and metrics. */
  logBytes: { new: number; duplicate: number; batch: number };
}

/** A figure for each kind of event. */
interface PerKind {
  new: number;
  unseen: number;
  seen: number;
}

const NOTHING = { reads: 0, writes: 0 };

/** This service: `functions/identify.ts`. */
export const IDENTIFY: Design = {
  name: 'this service',
  memoryGb: 1769 / 1024,
  maxBatch: 4000,
  cpuMs: {
    single: { new: 2.68, unseen: 1.42, seen: 0.16 },
    // A seen one in a batch was not measured: it is taken for an unseen one, which also reads.
    inBatch: { new: 0.22, unseen: 0.09, seen: 0.09 },
    start: 114,
  },
  units: {
    request: NOTHING,
    new: { reads: 0.5, writes: 1 },
    unseen: { reads: 0.5, writes: 0 },
    seen: NOTHING,
  },
  tableCalls: { new: 2, unseen: 1, seen: 0 },
  logBytes: { new: 466, duplicate: 149, batch: 402 },
};

/** It knows no batches. */
const PLAIN_MS: PerKind = { new: 4.05, unseen: 4.13, seen: 4.2 };

/** The comparison: `bench/plain/handler.ts`. */
export const PLAIN: Design = {
  name: 'plain handler',
  memoryGb: 1769 / 1024,
  maxBatch: 1,
  cpuMs: { single: PLAIN_MS, inBatch: PLAIN_MS, start: 253 },
  units: {
    request: { reads: 0.5, writes: 0 },
    new: { reads: 0, writes: 2 },
    unseen: { reads: 0, writes: 1 },
    seen: { reads: 0, writes: 1 },
  },
  tableCalls: { new: 3, unseen: 2, seen: 2 },
  logBytes: { new: 583, duplicate: 585, batch: 0 },
};

/** The delivery of one interaction. It is the same for both designs. */
export const DELIVERY = {
  memoryGb: 0.5,
  /** ms on a whole processor; `deliver` has three tenths of one. */
  cpuMs: 2.7,
  processors: 512 / 1769,
  tableCalls: 2,
  units: { reads: 1, writes: 1 },
  logBytes: 460,
  /** Bytes of the interaction in the table once it is delivered, with the overhead of DynamoDB. */
  itemBytes: 400,
} as const;

/** What runs or exists without any event. */
export const IDLE = {
  alarmMetrics: 24,
  /** Those that a deployment without faults has: a metric costs only where it has values. */
  metrics: 12,
  dashboards: 1,
  secrets: 3,
  /** `redeliver` runs every minute; GB-seconds and bytes of one run that finds nothing. */
  redeliverGbSeconds: (1769 / 1024) * 0.03,
  redeliverReads: 2,
  redeliverLogBytes: 130,
} as const;

/** A line of API Gateway's access log. */
export const ACCESS_LOG_BYTES = 330;
