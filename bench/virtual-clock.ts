import { type Clock, withGlobal } from '@sinonjs/fake-timers';

/** A clock that stands until it is moved. */
export interface VirtualClock {
  clock: Clock;
  /** Waits for so many ms of this clock. */
  wait(ms: number): Promise<void>;
}

/** Lets the whole process live by a clock that begins at 0, as long as some work runs. */
export async function withVirtualClock<T>(work: (virtual: VirtualClock) => Promise<T>): Promise<T> {
  // Microtasks take no time. If they were faked, more than 1,000 at one moment would end in an error.
  const clock = withGlobal(globalThis).install({
    now: 0,
    toNotFake: ['nextTick', 'queueMicrotask'],
  });
  const wait = (ms: number) => new Promise<void>((done) => clock.setTimeout(() => done(), ms));
  try {
    return await work({ clock, wait });
  } finally {
    clock.uninstall();
  }
}

/**
 * Creates a processor, which does one thing at a time.
 *
 * @returns waits until the processor has worked for so many ms
 */
export function createProcessor({ clock, wait }: VirtualClock): (ms: number) => Promise<void> {
  let busyUntil = 0;
  return (ms) => {
    busyUntil = Math.max(busyUntil, clock.now) + ms;
    return wait(busyUntil - clock.now);
  };
}
