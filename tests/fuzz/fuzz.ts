import { setImmediate as turn } from 'node:timers/promises';
import type { RequestParts } from '../in-process/lambda.ts';
import { createChecks } from './checks.ts';
import { expectationOf } from './expectation.ts';
import { leaksIn } from './leaks.ts';
import { type CapturedOutput, captureOutput } from './output.ts';
import { requestOf } from './requests.ts';
import { NOW } from './senders.ts';
import { createTarget } from './target.ts';
import type { Verdict } from './verdict.ts';

/** After so many inputs the ledger is thrown away, so that memory does not grow. */
const INPUTS_PER_LEDGER = 5000;

/** Counted where the independent reading could not tell: only the invariants were checked. */
export const NOT_READ = 'not read';

/** How long, and from where. */
export interface FuzzOptions {
  /** The seed of the first input; the next one has the next. */
  firstSeed: number;
  /** How many inputs at most. */
  runs: number;
  /** For how long at most, seconds. */
  seconds: number;
  /** Told now and then, between two inputs; may print. */
  onProgress?: (report: Report) => void;
}

/** An input that broke a promise. */
export interface Failure {
  seed: number;
  /** The seed of the first input that this ledger saw: from there on, all is the same again. */
  ledgerSince: number;
  problems: string[];
  request: RequestParts;
}

/** What came of it. */
export interface Report {
  inputs: number;
  /** How often each status was answered, and each result of an event given. */
  seen: Map<string, number>;
  failure?: Failure;
}

/**
 * Sends inputs to the real handler until the first one that breaks a promise, or until it is over.
 * The present stands still meanwhile, and whatever is printed is looked through and thrown away.
 */
export async function fuzz(options: FuzzOptions): Promise<Report> {
  const report: Report = { inputs: 0, seen: new Map() };
  const { now } = Date;
  const stray: string[] = [];
  const onStray = (error: unknown) => stray.push(`nobody caught: ${String(error)}`);
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  const output = captureOutput();
  Date.now = () => NOW;
  try {
    await fuzzAll(options, report, output, stray);
  } finally {
    Date.now = now;
    output.end();
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
  }
  return report;
}

async function fuzzAll(
  { firstSeed, runs, seconds, onProgress }: FuzzOptions,
  report: Report,
  output: CapturedOutput,
  stray: string[],
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let session = await createSession();
  let ledgerSince = firstSeed;
  for (let seed = firstSeed; seed < firstSeed + runs && performance.now() < end; seed += 1) {
    if (seed - ledgerSince === INPUTS_PER_LEDGER) {
      session.close();
      session = await createSession();
      ledgerSince = seed;
      output.end();
      onProgress?.(report);
      output = captureOutput();
    }
    const request = requestOf(seed);
    const problems = await session.exchange(request, seed, output, report.seen);
    await turn();
    problems.push(...stray.splice(0));
    report.inputs += 1;
    if (problems.length > 0) {
      report.failure = { seed, ledgerSince, problems, request };
      break;
    }
  }
  session.close();
}

/** One ledger, and all that is known of it. */
async function createSession() {
  const target = await createTarget();
  const checks = createChecks(target);
  return {
    close: target.close,
    /** @returns the promises that were broken */
    async exchange(
      request: RequestParts,
      seed: number,
      output: CapturedOutput,
      seen: Map<string, number>,
    ): Promise<string[]> {
      output.take();
      try {
        const { answer, effects } = await target.send(request, String(seed));
        const expected = expectationOf(request);
        const { verdict, problems } = checks.check({ answer, effects, expected });
        count(seen, verdict);
        if (expected === 'unknown') seen.set(NOT_READ, (seen.get(NOT_READ) ?? 0) + 1);
        const leaks = leaksIn(
          output.take() + answer.body + JSON.stringify(answer.headers),
          request,
        );
        return [...problems, ...leaks.map((leak) => `leaked ${JSON.stringify(leak)}`)];
      } catch (error) {
        return [`threw: ${error instanceof Error ? error.stack : String(error)}`, output.take()];
      }
    },
  };
}

function count(seen: Map<string, number>, { statusCode, results }: Verdict): void {
  for (const one of [String(statusCode), ...results]) seen.set(one, (seen.get(one) ?? 0) + 1);
}
