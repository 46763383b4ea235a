import { defineConfig } from 'vitest/config';

/** The tests of `npm run test:deploy`. They take minutes, because a deployment does. */
export default defineConfig({
  test: {
    include: ['tests/deploy/**/*.test.ts'],
    globalSetup: ['tests/deploy/global-setup.ts'],
    // They mostly wait: for the schedule, which comes every minute.
    maxWorkers: 3,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 240_000, interval: 500 } },
  },
});
