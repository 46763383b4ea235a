import { defineConfig } from 'vitest/config';

/** The tests that `npm run mutation` runs against the rules. Stryker ends what hangs. */
export default defineConfig({
  test: {
    include: ['tests/rules/**/*.test.ts'],
    // They take seconds, and are about other parts of lib.
    exclude: ['tests/rules/{config,dynamodb,redelivery,secrets}.test.ts'],
    testTimeout: 120_000,
  },
});
