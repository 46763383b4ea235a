import { mock } from 'node:test';
import type { Random } from './random.ts';

/**
 * Replaces the clock, the timers and the random numbers of this process, so that a run takes no
 * real time and can be repeated. Only one can be started at a time.
 *
 * @param start ms since the epoch
 */
export function startClock(start: number, random: Random) {
  const real = { random: Math.random, now: performance.now };
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: start });
  Math.random = () => random.next();
  performance.now = () => Date.now();
  return {
    /** Moves the clock. The timers that are due on the way go off in their order. */
    pass(ms: number): void {
      mock.timers.tick(ms);
    },

    /** Gives the real clock, timers and random numbers back. */
    stop(): void {
      mock.timers.reset();
      Math.random = real.random;
      performance.now = real.now;
    },
  };
}
