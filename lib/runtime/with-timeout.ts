import { OwnError } from './own-error.ts';

/**
 * Waits for work until a time-out. The work itself is not stopped, but its result is then ignored.
 *
 * @param ms how long to wait
 * @throws {OwnError} when the time is up; before that, whatever the work throws
 */
export async function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OwnError(`not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Does work that stops itself when it is told to, and waits for it, but not for ever.
 *
 * @param ms how long to wait
 * @param work gets a signal that is aborted when the time is up, or when the work itself fails
 * @throws {OwnError} when the time is up, and whatever the work throws before
 */
export async function withAbort<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  try {
    return await withTimeout(ms, work(controller.signal));
  } catch (error) {
    controller.abort();
    throw error;
  }
}
