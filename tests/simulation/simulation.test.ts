import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../lib/runtime/durations.ts';
import { simulate } from './simulate.ts';

const RUNS = 1000;
const SLICE = 100;
// Every day has other seeds, so CI tries new runs. During a day the seeds stay the same.
const FIRST_SEED = Math.floor(Date.now() / DAY_MS) * RUNS;

describe('whatever fails: nothing lost, nothing twice, no address kept', () => {
  const slices = Array.from({ length: RUNS / SLICE }, (_, n) => FIRST_SEED + n * SLICE);
  it.each(slices)(`in ${SLICE} runs from seed %i`, { timeout: 60_000 }, async (firstSeed) => {
    for (let seed = firstSeed; seed < firstSeed + SLICE; seed += 1) {
      expect(await simulate(seed), `npm run simulate -- --runs 1 --seed ${seed}`).toEqual([]);
    }
  });
});
