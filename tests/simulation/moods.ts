import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { CUSTOMERS } from './customers.ts';
import type { Random } from './random.ts';

/**
 * How Nat misbehaves. `refuses`: its answers are final. `moved`: nothing takes events at its address.
 * `mixed`: any answer.
 */
export type TroubleKind = 'mixed' | 'refuses' | 'throttles' | 'down' | 'hangs' | 'moved';

/** What is wrong with Nat. */
export interface Trouble {
  kind: TroubleKind;
  /** How often it happens. */
  rate: number;
}

/** What is wrong with DynamoDB. `fails` and `hangs` are about every call. */
type TableTrouble = 'none' | 'flaky' | 'fails' | 'hangs';

export type Moods = ReturnType<typeof createMoods>;

/** Creates what decides how much goes wrong, for whom and for how long. */
export function createMoods(random: Random) {
  let everybody: Trouble | undefined;
  let ofCustomers = new Map<string, Trouble>();
  let table: TableTrouble = 'none';
  let nextTable: TableTrouble = 'none';
  let flakiness = 0;
  let staleness = 0;
  return {
    /** What is wrong with Nat for one customer. */
    troubleOf: (customer: string): Trouble | undefined => ofCustomers.get(customer) ?? everybody,
    /** true while no call to DynamoDB succeeds. */
    isTableDown: (): boolean => table === 'fails' || table === 'hangs',
    isTableHanging: (): boolean => table === 'hangs',
    /** How often a call fails, before or after it took effect. */
    flakiness: (): number => flakiness,
    /** How often a query of an index returns an older result, or misses an item. */
    staleness: (): number => staleness,

    /**
     * Begins another mood.
     *
     * @returns how long it lasts, ms
     */
    change(): number {
      const hours = random.pick([0.1, 0.5, 2, 2, 6, 6, 30, 30, 100]);
      everybody = random.chance(0.45) ? someTrouble(random) : undefined;
      ofCustomers = new Map();
      if (random.chance(0.6)) ofCustomers.set(random.pick(CUSTOMERS).id, someTrouble(random));
      nextTable = random.pick([
        'none',
        'none',
        'none',
        'flaky',
        'flaky',
        'fails',
        'hangs',
        'hangs',
      ]);
      // DynamoDB is down for minutes. Sometimes longer than the stream remembers.
      const isShort = hours > 6 && !random.chance(0.3);
      if (isShort && nextTable !== 'none') nextTable = 'flaky';
      table = nextTable === 'flaky' ? 'flaky' : 'none';
      flakiness = table === 'flaky' ? random.pick([0.05, 0.3, 0.6]) : 0;
      staleness = random.pick([0, 0, 0.3, 0.8]);
      return Math.round(hours * HOUR_MS * (0.5 + random.next()));
    },

    /** DynamoDB goes down, if this mood wants it: some time after the mood began, so that much is pending. */
    strike(): void {
      table = nextTable;
    },

    /** What is wrong now, or soon. */
    describe(): string[] {
      const forAll = everybody === undefined ? [] : [`Nat for all: ${everybody.kind}`];
      const forOne = [...ofCustomers.values()].map(({ kind }) => `Nat for one: ${kind}`);
      return [...forAll, ...forOne, ...(nextTable === 'none' ? [] : [`DynamoDB: ${nextTable}`])];
    },

    /** Ends all troubles. */
    calm(): void {
      everybody = undefined;
      ofCustomers = new Map();
      table = 'none';
      flakiness = 0;
      staleness = 0;
    },
  };
}

function someTrouble(random: Random): Trouble {
  const kind = random.pick<TroubleKind>([
    'mixed',
    'refuses',
    'refuses',
    'throttles',
    'throttles',
    'down',
    'down',
    'hangs',
    'moved',
  ]);
  return { kind, rate: kind === 'mixed' ? random.pick([0.2, 0.6]) : random.pick([0.6, 1, 1]) };
}
