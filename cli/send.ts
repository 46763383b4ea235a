import { createReadStream, statSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { HELP, type Options, readOptions } from './send/options.ts';
import { createPost } from './send/post.ts';
import { NO_EVENT, readEvents } from './send/read-events.ts';
import { createReport } from './send/report.ts';
import { sendEvents } from './send/send-events.ts';

const INTERRUPTED = 130;
const interruption = new AbortController();

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) process.stdout.write(HELP);
  else await send(options);
} catch (error) {
  const { aborted } = interruption.signal;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(aborted ? 'Interrupted. Run it again to continue.\n' : `${message}\n`);
  process.exitCode = aborted ? INTERRUPTED : 1;
}

async function send({ file, url, key }: Options): Promise<void> {
  const { signal } = interruption;
  const stats = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false });
  if (file !== '-' && stats?.isDirectory() !== false) throw new Error(`There is no file ${file}.`);
  const input = addAbortSignal(signal, file === '-' ? process.stdin : createReadStream(file));
  process.once('SIGINT', () => interruption.abort());
  const report = createReport(stats?.isFile() ? stats.size : undefined);
  const post = createPost({ url, key, signal, onRetry: report.addRetry });
  try {
    for await (const results of sendEvents(readEvents(input), post)) {
      report.addBatch(results, input.bytesRead);
    }
  } finally {
    report.end();
  }
  signal.throwIfAborted();
  if (report.counts.events === 0) throw new Error(NO_EVENT);
  if (report.counts.rejected > 0) process.exitCode = 1;
}
