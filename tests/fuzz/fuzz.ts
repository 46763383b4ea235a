import { setImmediate as turn } from 'node:timers/promises';
import type { RequestParts } from '../in-process/lambda.ts';
import { createChecks } from './checks.ts';
import { expectationOf } from './expectation.ts';
import { leaksIn } from './leaks.ts';
import { type CapturedOutput, captureOutput } from './output.ts';
import { requestOf } from './requests.ts';
import { NOW } from './senders.ts';
import { createTarget, type Target } from './target.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** The ledger is replaced after so many inputs, so that memory does not grow. */
const INPUTS_PER_LEDGER = 5000;

/** The count of inputs that the independent reading does not understand: less is checked then. */
export const NOT_READ = 'not read';

/** What to send, and for how long. */
export interface FuzzOptions {
  /** The seed of the first input; each further input has the next one. */
  firstSeed: number;
  /** How many inputs at most. */
  runs: number;
  /** For how long at most, seconds; until all inputs are sent if absent. */
  seconds?: number;
  /** Called now and then between two inputs; may print. */
  onProgress?: (report: Report) => void;
}

/** An input that broke a promise. */
export interface Failure {
  seed: number;
  /** The seed of the first input of this ledger: a run from there repeats the failure. */
  ledgerSince: number;
  problems: string[];
  request: RequestParts;
}

/** The result of a run. */
export interface Report {
  inputs: number;
  /** How often each status, and each result of an event, was answered. */
  seen: Map<string, number>;
  failure?: Failure;
}

/**
 * Sends inputs to the real handler until one breaks a promise, or until all are sent. The clock
 * stands still meanwhile, and whatever is printed is searched for leaks and dropped.
 */
export async function fuzz(options: FuzzOptions): Promise<Report> {
  const report: Report = { inputs: 0, seen: new Map() };
  const { now } = Date;
  const stray: string[] = [];
  const onStray = (error: unknown) => stray.push(`not caught: ${String(error)}`);
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
  { firstSeed, runs, seconds = Number.POSITIVE_INFINITY, onProgress }: FuzzOptions,
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

/** Starts with an empty ledger, and keeps what is known about it. */
async function createSession() {
  const target = await createTarget();
  const checks = createChecks(target);
  return {
    close: target.close,
    /** Sends one request, and returns the promises that it broke. */
    async exchange(
      request: RequestParts,
      seed: number,
      output: CapturedOutput,
      seen: Map<string, number>,
    ): Promise<string[]> {
      output.take();
      try {
        const dryRun = await target.send(asDryRun(request), String(seed + 1));
        const { answer, effects } = await target.send(request, String(seed));
        const expected = expectationOf(request);
        const { verdict, problems } = checks.check({ answer, effects, expected });
        count(seen, verdict);
        if (expected === 'unknown') seen.set(NOT_READ, (seen.get(NOT_READ) ?? 0) + 1);
        const leaks = leaksIn(
          output.take() + answer.body + JSON.stringify(answer.headers),
          request,
        );
        return [
          ...problems,
          ...problemsOfDryRun(dryRun, verdict),
          ...leaks.map((leak) => `leaked ${JSON.stringify(leak)}`),
        ];
      } catch (error) {
        return [`threw: ${error instanceof Error ? error.stack : String(error)}`, output.take()];
      }
    },
  };
}

function asDryRun(request: RequestParts): RequestParts {
  return { ...request, queryStringParameters: { dryRun: 'true' } };
}

/** A dry run changes nothing, and always agrees with the real call. */
function problemsOfDryRun(
  { answer, effects }: Awaited<ReturnType<Target['send']>>,
  { statusCode, results }: Verdict,
): string[] {
  const dry = verdictOf(answer);
  const changed = [...effects.written, ...effects.unexpected];
  return [
    ...(changed.length > 0 ? ['the dry run wrote'] : []),
    ...(dry.statusCode === statusCode && dry.results.join() === results.join()
      ? []
      : [`the dry run answered ${dry.statusCode} ${dry.results}`]),
  ];
}

function count(seen: Map<string, number>, { statusCode, results }: Verdict): void {
  for (const one of [String(statusCode), ...results]) seen.set(one, (seen.get(one) ?? 0) + 1);
}
