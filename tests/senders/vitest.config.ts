import { defineConfig } from 'vitest/config';

/** `npm run test:senders` */
export default defineConfig({
  test: {
    include: ['tests/senders/real-sdks.ts'],
    globalSetup: ['tests/senders/global-setup.ts'],
    // Most programs wait most of the time, some of them for a minute.
    sequence: { concurrent: true },
    maxConcurrency: 16,
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    reporters: ['verbose'],
  },
});
