import { openInput } from './send/input.ts';
import { HELP, type Options, readOptions } from './send/options.ts';
import { createPost, type RetryPolicy } from './send/post.ts';
import { createReport } from './send/report.ts';
import { sendEvents } from './send/send-events.ts';

const PATIENCE: RetryPolicy = { firstMs: 1000, longestMs: 30_000, giveUpAfterMs: 10 * 60 * 1000 };
const INTERRUPTED = 130;

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) process.stdout.write(HELP);
  else process.exitCode = await send(options);
} catch (error) {
  process.stderr.write(`${problemIn(error)}\n`);
  process.exitCode = 1;
}

/** @returns the exit status */
async function send({ file, url, key }: Options): Promise<number> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const { stream, bytes } = await openInput(file, signal);
  process.once('SIGINT', () => interruption.abort());
  const report = createReport(bytes);
  const post = createPost({ url, key, patience: PATIENCE, onWait: report.waiting, signal });
  let problem: string | undefined;
  try {
    for await (const settled of sendEvents(stream, post)) report.settled(settled);
  } catch (error) {
    problem = problemIn(error);
  }
  report.end();
  if (signal.aborted) {
    process.stderr.write('run it again to go on\n');
    return INTERRUPTED;
  }
  if (problem !== undefined) process.stderr.write(`${problem}\n`);
  return problem !== undefined || report.hasRejected() ? 1 : 0;
}

function problemIn(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
