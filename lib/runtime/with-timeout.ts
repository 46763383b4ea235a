/**
 * Waits for work, but not for ever. The work itself goes on: what it comes to then is nobody's.
 *
 * @param ms how long to wait
 * @throws {Error} when the time is up, and whatever the work throws before
 */
export async function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
