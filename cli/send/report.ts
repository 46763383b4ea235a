import { clearLine, cursorTo } from 'node:readline';
import { SingleBar } from 'cli-progress';
import type { NamedResult } from './read-events.ts';

/** How many rejected events with the same code are printed. The others are only counted. */
const MAX_PRINTED_PER_CODE = 20;

/**
 * Prints rejected events and the summary to standard output, retries and a progress bar to standard
 * error. There is a bar only on a terminal.
 *
 * @param size the size of the input in bytes, if known
 */
export function createReport(size: number | undefined) {
  const counts = { accepted: 0, duplicate: 0, deleting: 0, ignored: 0, rejected: 0, events: 0 };
  const rejectedByCode = new Map<string, number>();
  let isRetrying = false;
  const progress =
    size === undefined ? '{duration_formatted}' : '{bar} {percentage}% | {eta_formatted} left';
  const bar = new SingleBar({
    format: `${progress} | {events} events, {rejected} rejected`,
    barsize: 24,
    clearOnComplete: true,
    hideCursor: true,
    // Lines are printed over the bar.
    forceRedraw: true,
  });
  bar.start(size ?? 0, 0, counts);

  function print(stream: NodeJS.WriteStream, line: string): void {
    if (process.stderr.isTTY) {
      cursorTo(process.stderr, 0);
      clearLine(process.stderr, 0);
    }
    stream.write(`${line}\n`);
  }

  function add({ name, status, code = 'no code', message = 'No reason given.' }: NamedResult) {
    counts[status] += 1;
    counts.events += 1;
    if (status !== 'rejected') return;
    const count = (rejectedByCode.get(code) ?? 0) + 1;
    rejectedByCode.set(code, count);
    if (count <= MAX_PRINTED_PER_CODE) print(process.stdout, `${name}: ${message} (${code})`);
  }

  return {
    counts,
    /**
     * Adds the results of a batch.
     *
     * @param bytesRead how much of the input has been read
     */
    addBatch(results: NamedResult[], bytesRead: number): void {
      isRetrying = false;
      results.forEach(add);
      bar.update(bytesRead, counts);
    },
    /** Prints why a batch is sent again, once per batch. */
    addRetry(reason: string): void {
      if (!isRetrying) print(process.stderr, `The service is unavailable (${reason}). Retrying.`);
      isRetrying = true;
    },
    /** Prints the summary, unless nothing was sent or rejected. */
    end(): void {
      bar.stop();
      if (counts.events === 0) return;
      const { accepted, duplicate, deleting, ignored, rejected } = counts;
      for (const [code, count] of rejectedByCode) {
        const more = count - MAX_PRINTED_PER_CODE;
        if (more > 0) process.stdout.write(`${more} more events were rejected (${code})\n`);
      }
      const deletions = deleting > 0 ? `, ${deleting} deleting` : '';
      process.stdout.write(
        `${accepted} accepted, ${duplicate} duplicate${deletions}, ${ignored} ignored, ${rejected} rejected\n`,
      );
    },
  };
}
