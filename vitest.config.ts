import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const END_TO_END = 'tests/end-to-end/**/*.test.ts';
/** Each starts a stack of its own, so they need not wait for each other. */
const OWN_STACK = 'tests/end-to-end/{demo,ledger-down,start}.test.ts';
/** What the functions print: its form, and that nothing leaks into it. */
const OUTPUT = ['tests/fuzz/**/*.test.ts', 'tests/output/**/*.test.ts'];
/** Needs an AWS, which `npm run test:deploy` starts. */
const DEPLOY = 'tests/deploy/**/*.test.ts';
/** The tests start about 150 processes. With this, Node compiles their modules once. */
const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('.cache/node', import.meta.url)),
};

export default defineConfig({
  test: {
    // No limit is there to measure speed: a slow machine under load passes, what hangs fails.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    // By default one processor stays idle: of two, that is half.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['tests/**/*.test.ts'],
          exclude: [END_TO_END, ...OUTPUT, DEPLOY],
          // A quarter less CPU: each worker imports a module once, not once for each file.
          isolate: false,
          // The functions print no logs. They print no metrics without METRICS_NAMESPACE.
          env: { ...COMPILE_CACHE, POWERTOOLS_LOG_LEVEL: 'SILENT' },
        },
      },
      {
        extends: true,
        test: { name: 'output', include: OUTPUT, env: { METRICS_NAMESPACE: 'Nat/prod' } },
      },
      {
        extends: true,
        test: { name: 'own-stack', include: [OWN_STACK], env: COMPILE_CACHE },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          env: COMPILE_CACHE,
          include: [END_TO_END],
          exclude: [OWN_STACK],
          globalSetup: ['tests/end-to-end/global-setup.ts'],
          // They share one stack, and some look at all that is in its ledger.
          fileParallelism: false,
        },
      },
    ],
  },
});
