import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const RUNS = 1000;
const SLICE = 100;
/** Always the same runs: `npm run simulate` finds new ones. */
const FIRST_SEED = 1;

describe('whatever fails: nothing lost, nothing twice, no address kept', () => {
  const slices = Array.from({ length: RUNS / SLICE }, (_, n) => FIRST_SEED + n * SLICE);
  it.each(slices)(`in ${SLICE} runs from seed %i`, async (firstSeed) => {
    for (let seed = firstSeed; seed < firstSeed + SLICE; seed += 1) {
      expect(await simulate(seed), `npm run simulate -- --runs 1 --seed ${seed}`).toEqual([]);
    }
  });
});
