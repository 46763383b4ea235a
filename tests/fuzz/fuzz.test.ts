import { describe, expect, it } from 'vitest';
import { fuzz, NOT_READ } from './fuzz.ts';

const INPUTS = 3000;
/** Always the same requests: `npm run fuzz` finds new ones. */
const FIRST_SEED = 1;

describe('the service', () => {
  it(`keeps its promises for ${INPUTS} random requests`, { timeout: 600_000 }, async () => {
    const { failure, seen } = await fuzz({ firstSeed: FIRST_SEED, runs: INPUTS });

    expect(failure, `npm run fuzz -- --runs 1 --seed ${failure?.seed}`).toBeUndefined();
    // A good mixture: an answer that is rare is hardly checked.
    for (const status of ['200', '400', '401', '403', '415', '501', 'duplicate']) {
      expect(seen.get(status), status).toBeGreaterThan(INPUTS / 200);
    }
    expect(seen.get(NOT_READ)).toBeLessThan(INPUTS / 4);
  });
});
