import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { createDepth } from './depth.ts';
import { simulate } from './simulate.ts';

const RUNS = 24;
const SLICE = 2;
/** Always the same runs: `npm run simulate` finds new ones. */
const FIRST_SEED = 1;

describe('whatever fails: nothing lost, nothing twice, no address kept', () => {
  const depth = createDepth();
  const slices = Array.from({ length: RUNS / SLICE }, (_, n) => FIRST_SEED + n * SLICE);
  it.each(slices)(`in ${SLICE} runs from seed %i`, async (firstSeed) => {
    for (let seed = firstSeed; seed < firstSeed + SLICE; seed += 1) {
      const violations = await simulate(seed, depth);
      expect(violations, `npm run simulate -- --runs 1 --seed ${seed}`).toEqual([]);
    }
  });
  it('and many deliveries took many tries, over days', () => {
    expect(depth.deep / depth.deliveries).toBeGreaterThan(0.3);
    expect(depth.mostTries).toBeGreaterThan(15);
    expect(depth.longestOutageMs).toBeGreaterThan(48 * HOUR_MS);
  });
});
