import type { Bench } from '../report.ts';
import {
  type DuplicateCost,
  measureOurs,
  measurePlainPut,
  measurePowertools,
} from '../units/costs.ts';

const DUPLICATES = [0, 1, 10, 100];

/** What DynamoDB charges for a new event and its duplicates. */
export const units: Bench = {
  name: 'units',
  about: 'calls to DynamoDB, and what it charges, by the number of duplicates',
  async run(say) {
    const ways = {
      'identify, no duplicate seen before': await measureOurs('unseen', DUPLICATES),
      'identify, every duplicate seen before': await measureOurs('seen', DUPLICATES),
      "Powertools' idempotency": await measurePowertools(DUPLICATES),
      'a plain conditional put': await measurePlainPut(DUPLICATES),
    };
    say('done');
    const powertools = totalAt(ways["Powertools' idempotency"], 10);
    const ours = totalAt(ways['identify, no duplicate seen before'], 10);
    return {
      title: 'DynamoDB units',
      goals: [
        {
          what: 'units at 10 duplicates, none seen before, against Powertools',
          goal: '0.3 ×',
          measured: `${(ours / powertools).toFixed(3)} ×`,
          isReached: ours <= 0.3 * powertools,
        },
      ],
      figures: [
        {
          head: ['way', 'duplicates', 'calls', 'read units', 'write units', 'in write units'],
          rows: Object.entries(ways).flatMap(([way, costs]) =>
            costs.map(({ duplicates, calls, reads, writes, total }) =>
              [way, duplicates, calls, reads, writes, total.toFixed(1)].map(String),
            ),
          ),
        },
      ],
      notes: [
        'Exact, and held by tests/tables/units.test.ts. The last column prices a read unit at a fifth of a write unit, as DynamoDB does.',
        "Without the read of the sender's workspace, which a container makes once a minute, and the two units that settle a delivery.",
      ],
    };
  },
};

function totalAt(costs: DuplicateCost[], duplicates: number): number {
  return costs.find((cost) => cost.duplicates === duplicates)?.total ?? Number.NaN;
}
