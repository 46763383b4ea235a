import { defineConfig } from 'vitest/config';

/** The tests that `npm run mutation` runs against the rules. */
export default defineConfig({
  test: {
    include: ['tests/rules/**/*.test.ts'],
    // They take seconds, and are about other parts of lib.
    exclude: ['tests/rules/{config,dynamodb,redelivery,secrets}.test.ts'],
    setupFiles: ['tests/mutation/fixed-seed.ts'],
    // One process for each mutant, not one for each mutant and file.
    isolate: false,
    // Stryker ends what hangs.
    testTimeout: 120_000,
  },
});
