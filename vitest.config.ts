import { defineConfig } from 'vitest/config';

const endToEnd = ['tests/end-to-end/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // By default one processor stays idle: of two, that is half.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: { name: 'parts', include: ['tests/**/*.test.ts'], exclude: endToEnd },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: endToEnd,
          globalSetup: ['tests/end-to-end/global-setup.ts'],
          // They share one stack, and some look at all that is in its ledger.
          fileParallelism: false,
        },
      },
    ],
  },
});
