import { clearLine, cursorTo } from 'node:readline';
import { SingleBar } from 'cli-progress';
import type { Counts, Settled } from './send-events.ts';

/** How much of the input is done, if its size is known. Short, for it has to fit a line. */
const FORMATS = {
  known: '{bar} {percentage}% | {eta_formatted} left | {events} events, {rejected} rejected',
  unknown: '{duration_formatted} | {events} events, {rejected} rejected',
};

/**
 * Tells the user how it goes: rejected lines and the summary on standard output, a progress bar and
 * waiting on standard error. There is a bar only on a terminal.
 *
 * @param bytes the size of the input, if known
 */
export function createReport(bytes: number | undefined) {
  const total: Counts = { accepted: 0, duplicate: 0, ignored: 0, rejected: 0 };
  let isWaiting = false;
  const bar = new SingleBar({
    format: bytes === undefined ? FORMATS.unknown : FORMATS.known,
    barsize: 24,
    clearOnComplete: true,
    fps: 5,
    hideCursor: true,
    linewrap: true,
    // What is printed meanwhile takes its line.
    forceRedraw: true,
    gracefulExit: false,
  });
  bar.start(bytes ?? 0, 0, shown());

  function shown() {
    return { events: Object.values(total).reduce((a, b) => a + b), rejected: total.rejected };
  }

  function print(stream: NodeJS.WriteStream, text: string): void {
    if (process.stderr.isTTY) {
      cursorTo(process.stderr, 0);
      clearLine(process.stderr, 0);
    }
    stream.write(`${text}\n`);
  }

  return {
    /** A batch came to its end. */
    settled({ counts, rejected, readTo }: Settled): void {
      isWaiting = false;
      for (const { line, message } of rejected) print(process.stdout, `line ${line}: ${message}`);
      total.accepted += counts.accepted;
      total.duplicate += counts.duplicate;
      total.ignored += counts.ignored;
      total.rejected += counts.rejected;
      bar.update(readTo, shown());
    },
    /** A batch has to wait: said once, however often it is tried. */
    waiting(reason: string): void {
      if (isWaiting) return;
      isWaiting = true;
      print(process.stderr, `the service does not take events now (${reason}): trying again`);
    },
    /** Nothing more happens. */
    end(): void {
      bar.stop();
      process.stdout.write(`${inWords(total)}\n`);
    },
    /** Whether some event was rejected. */
    hasRejected: () => total.rejected > 0,
  };
}

function inWords({ accepted, duplicate, ignored, rejected }: Counts): string {
  return `${accepted} accepted, ${duplicate} duplicate, ${ignored} ignored, ${rejected} rejected`;
}
