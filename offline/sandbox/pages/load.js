const MIN_INTERVAL_MS = 150;

/** Reads JSON from the sandbox; undefined if there is none at this address. */
export async function load(address) {
  const response = await fetch(address);
  return response.ok ? response.json() : undefined;
}

/**
 * Creates a function that runs a task. While the task runs, more calls become one more run of it.
 * The next run waits a moment, so that a flood of changes leaves time for the reader.
 */
export function createRefresh(task) {
  let running = false;
  let again = false;
  return async function refresh() {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      // The stream says when the sandbox cannot be reached.
      await task().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, MIN_INTERVAL_MS));
    }
    running = false;
  };
}
