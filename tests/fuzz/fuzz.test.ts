import { describe, expect, it } from 'vitest';
import { fuzz, NOT_READ } from './fuzz.ts';

const INPUTS = 6000;
// Others every day, the same all day long, as in the simulation.
const FIRST_SEED = Math.floor(Date.now() / (24 * 60 * 60 * 1000)) * INPUTS;

describe('whatever is sent', () => {
  it(`keeps every promise in ${INPUTS} inputs`, { timeout: 60_000 }, async () => {
    const { failure, seen } = await fuzz({ firstSeed: FIRST_SEED, runs: INPUTS, seconds: 50 });

    expect(failure, `npm run fuzz -- --runs 1 --seed ${failure?.seed}`).toBeUndefined();
    // A good mixture: an answer that hardly occurs is hardly checked.
    for (const status of ['200', '202', '400', '401', '403', '415', '501', 'duplicate']) {
      expect(seen.get(status), status).toBeGreaterThan(INPUTS / 200);
    }
    expect(seen.get(NOT_READ)).toBeLessThan(INPUTS / 4);
  });
});
