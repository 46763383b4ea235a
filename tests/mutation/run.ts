import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';

const HELP = `npm run mutation -- [--since COMMIT] [FILE...]

Puts small defects into the rules, one at a time, and fails if the tests in tests/rules miss one.
.cache/mutation/report.html shows all of them.

  FILE            only in these files, such as lib/event/email.ts (default: all rules)
  --since COMMIT  only in the rules that changed since the branch left this commit
`;

/** Pure functions: what they return depends on what they take, and on the clock. */
const RULES = globSync([
  'lib/event/*.ts',
  'lib/intake/{read-body,event-limits,parse-json,decode-body}.ts',
  'lib/intake/{authenticate,verify-signature,response}.ts',
  'lib/ledger/{one-per-day,lease,outcome,put-off,retry-window,waits-for-key}.ts',
  'lib/ledger/status/*.ts',
  'lib/delivery/{nat,retry-schedule,failure-streaks}.ts',
  'lib/runtime/{traceparent,describe-error}.ts',
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { since: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) process.stdout.write(HELP);
else if (values.since !== undefined) await mutate(RULES.filter(isChangedSince(values.since)));
else await mutate(positionals.length > 0 ? positionals : RULES);

/** Stryker itself sets the exit code if a defect survives. */
async function mutate(files: string[]): Promise<void> {
  if (files.length === 0) return void process.stdout.write('No rule has changed.\n');
  const stryker = new Stryker({
    mutate: files,
    testRunner: 'vitest',
    // A test of time zones sets TZ, which a thread cannot.
    vitest: { configFile: 'tests/mutation/vitest.config.ts', pool: 'forks' },
    coverageAnalysis: 'perTest',
    concurrency: 2,
    thresholds: { high: 100, low: 100, break: 100 },
    reporters: ['progress', 'clear-text', 'html'],
    clearTextReporter: { reportTests: false, logTests: false },
    htmlReporter: { fileName: '.cache/mutation/report.html' },
    tempDirName: '.cache/mutation/sandbox',
    // Stryker would rewrite tsconfig.json with an API that TypeScript 7 does not have.
    ignorePatterns: ['.cache', '.esbuild', '.serverless', 'tsconfig.json'],
    // The tests run without their types.
    disableTypeChecks: false,
  });
  await stryker.runMutationTest();
}

function isChangedSince(commit: string): (file: string) => boolean {
  const diff = ['diff', '--name-only', '--merge-base', commit];
  const changed = execFileSync('git', diff, { encoding: 'utf8' }).split('\n');
  return (file) => changed.includes(file);
}
