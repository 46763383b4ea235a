import { ACCESS_LOG_BYTES, DELIVERY, type Design, IDLE } from './measured.ts';
import { PRICES } from './prices.ts';

const RUNS_PER_MONTH = 30 * 24 * 60;
const GB = 1e9;
/** How long one call to DynamoDB takes. */
export const TABLE_MS = 5;
/** `identify` reads a batch at once, and inserts so many interactions of it at the same time. */
export const CONCURRENT_WRITES = 8 * 25;
/** One in so many invocations starts a container. */
const INVOCATIONS_PER_START = 1000;

/** The events of a month. */
export interface Scenario {
  events: number;
  /** Duplicates for each new event. */
  duplicates: number;
  /** Events in a request. */
  batch: number;
  /** The share of duplicates that come to a container that does not remember the contact, 0 to 1. */
  unseen: number;
  /** How long Nat takes to answer, ms. */
  natMs: number;
  /** How many months interactions are kept. */
  months: number;
}

/** What a part of the service costs in a month, USD. */
export type Costs = Record<
  'API Gateway' | 'Lambda' | 'DynamoDB' | 'logs' | 'delivery' | 'idle',
  number
>;

/** Computes what a month of events costs with a design. */
export function costOf(scenario: Scenario, design: Design): Costs {
  const { events, duplicates, unseen } = scenario;
  const fresh = events / (1 + duplicates);
  const counts = {
    new: fresh,
    unseen: (events - fresh) * unseen,
    seen: (events - fresh) * (1 - unseen),
  };
  const batch = Math.min(scenario.batch, design.maxBatch);
  const requests = events / batch;
  return {
    'API Gateway': requests * PRICES.apiRequest,
    Lambda: lambdaCost(requests, secondsOf(counts, requests, batch, design), design),
    DynamoDB: tableCost(counts, requests, design) + storageCost(fresh * scenario.months),
    logs: logCost(logBytesOf(counts, requests, batch, design)),
    delivery: deliveryCost(fresh, scenario.natMs),
    idle: idleCost(),
  };
}

/** How many events there are of each kind. */
type Counts = Record<'new' | 'unseen' | 'seen', number>;

/** The sum of something over all events. */
function sumOver(counts: Counts, figureOf: (kind: keyof Counts) => number): number {
  const kinds = ['new', 'unseen', 'seen'] as const;
  return kinds.reduce((sum, kind) => sum + counts[kind] * figureOf(kind), 0);
}

/** The billed time of all requests, seconds. */
function secondsOf(counts: Counts, requests: number, batch: number, design: Design): number {
  const { cpuMs, tableCalls } = design;
  if (batch === 1) {
    const ofEach = (kind: keyof Counts) => cpuMs.single[kind] + tableCalls[kind] * TABLE_MS;
    return sumOver(counts, ofEach) / 1000;
  }
  const writes = Math.ceil(counts.new / requests / CONCURRENT_WRITES);
  const waitMs = requests * (1 + writes) * TABLE_MS;
  return (sumOver(counts, (kind) => cpuMs.inBatch[kind]) + waitMs) / 1000;
}

function lambdaCost(invocations: number, seconds: number, { memoryGb, cpuMs }: Design): number {
  const starts = ((invocations / INVOCATIONS_PER_START) * cpuMs.start) / 1000;
  return invocations * PRICES.lambdaRequest + (seconds + starts) * memoryGb * PRICES.lambdaGbSecond;
}

function tableCost(counts: Counts, requests: number, { units }: Design): number {
  const total = (unit: 'reads' | 'writes') =>
    requests * units.request[unit] + sumOver(counts, (kind) => units[kind][unit]);
  return total('writes') * PRICES.writeUnit + total('reads') * PRICES.readUnit;
}

function storageCost(items: number): number {
  return ((items * DELIVERY.itemBytes) / GB) * (PRICES.tableGbMonth + PRICES.backupGbMonth);
}

function logBytesOf(counts: Counts, requests: number, batch: number, { logBytes }: Design): number {
  const lines =
    batch === 1
      ? counts.new * logBytes.new + (counts.unseen + counts.seen) * logBytes.duplicate
      : requests * logBytes.batch;
  return lines + requests * ACCESS_LOG_BYTES;
}

function logCost(bytes: number): number {
  return (bytes / GB) * (PRICES.logGb + PRICES.logGbMonth);
}

/** One invocation for each interaction, which is the dearest case. */
function deliveryCost(interactions: number, natMs: number): number {
  const { memoryGb, cpuMs, processors, tableCalls, units, logBytes } = DELIVERY;
  const seconds = (natMs + cpuMs / processors + tableCalls * TABLE_MS) / 1000;
  return (
    interactions *
      (PRICES.lambdaRequest +
        seconds * memoryGb * PRICES.lambdaGbSecond +
        units.reads * PRICES.readUnit +
        units.writes * PRICES.writeUnit) +
    logCost(interactions * logBytes)
  );
}

/** What the service costs in a month without any event, USD. */
export function idleCost(): number {
  const runs =
    PRICES.lambdaRequest +
    IDLE.redeliverGbSeconds * PRICES.lambdaGbSecond +
    IDLE.redeliverReads * PRICES.readUnit;
  return (
    RUNS_PER_MONTH * runs +
    logCost(RUNS_PER_MONTH * IDLE.redeliverLogBytes) +
    IDLE.alarmMetrics * PRICES.alarmMetricMonth +
    IDLE.metrics * PRICES.metricMonth +
    IDLE.dashboards * PRICES.dashboardMonth +
    IDLE.secrets * PRICES.secretMonth
  );
}

/** The sum of all parts, USD. */
export function totalOf(costs: Costs): number {
  return Object.values(costs).reduce((sum, cost) => sum + cost, 0);
}
