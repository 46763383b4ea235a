import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'cli',
  'functions',
  'lib',
  'offline',
  'resources',
  'tests',
  'package.json',
  'serverless.yml',
];
/** How many runs may pass until a defect is caught: `npm run simulate:mutants -- 500`. */
const [RUNS = '3000'] = process.argv.slice(2);
const FIRST_SEED = '1';

/** A deliberate defect: what stands in a file, and what is put in its place. */
interface Mutant {
  defect: string;
  file: string;
  from: string;
  to: string;
}

const MUTANTS: Mutant[] = [
  {
    defect: 'the condition is dropped from the write',
    file: 'lib/ledger/one-per-day.ts',
    from: "or(isAbsent('contact'), isDead)",
    to: "or(isAbsent('nothing'), isDead)",
  },
  {
    defect: 'a dead interaction keeps its day, but a new event is answered accepted',
    file: 'lib/intake/accept.ts',
    from: 'if (await ledger.accept(candidate.key, { email, timestamp, description }, now)) {',
    to: 'await ledger.accept(candidate.key, { email, timestamp, description }, now);\n        {',
  },
  {
    defect: 'settled before it is sent',
    file: 'lib/delivery/attempt.ts',
    from: '    const sentAt = performance.now();',
    to: "    await ledger.settle(entry, { status: 'delivered' }, Date.now());\n    const sentAt = performance.now();",
  },
  {
    defect: 'no lease: dueAt stays as it is',
    file: 'lib/delivery/attempt.ts',
    from: 'ledger.lease(due, Date.now() + ATTEMPT_LEASE_MS)',
    to: 'ledger.read(due)',
  },
  {
    defect: 'no status check before sending',
    file: 'lib/delivery/attempt.ts',
    from: "entry.status === 'pending' ? attempt(entry)",
    to: 'entry ? attempt({ event: { email: entry.contact, timestamp: entry.day, description: "" }, ...entry })',
  },
  {
    defect: 'the day is that of UTC, not of the time zone',
    file: 'lib/event/normalize.ts',
    from: 'calendarDay(settings.timeZone, ',
    to: "calendarDay('UTC', ",
  },
  {
    defect: 'Retry-After is ignored',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'Math.max(now + Math.round(random * limit), earliestTryAt(retryAfter, now))',
    to: 'now + Math.round(random * limit)',
  },
  {
    defect: 'given up after a third of the retry window',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'now - start >= RETRY_SCHEDULE.giveUpAfterMs',
    to: 'now - start >= RETRY_SCHEDULE.giveUpAfterMs / 3',
  },
  {
    defect: 'a new Idempotency-Key with every try',
    file: 'lib/delivery/idempotency-key.ts',
    from: 'update(interactionId(key))',
    to: 'update(interactionId(key) + Math.random())',
  },
  {
    defect: 'a delivered interaction keeps its address',
    file: 'lib/ledger/status/delivered.ts',
    from: '    event: null,\n',
    to: '',
  },
  {
    defect: 'a dead interaction loses its content',
    file: 'lib/ledger/status/dead.ts',
    from: "status: 'dead', ",
    to: "status: 'dead', event: null, ",
  },
  {
    defect: 'settling is not conditional on what was read',
    file: 'lib/ledger/ledger.ts',
    from: 'condition: asItWasRead(entry)',
    to: "condition: equals('contact', entry.contact)",
  },
  {
    defect: 'redrive does not find what is stuck',
    file: 'lib/ledger/repairs.ts',
    from: 'return and(isPending, accepted, ...scope);',
    to: 'return and(isPending, isDead, ...scope);',
  },
  {
    defect: 'a redrive leaves the retry window as it is',
    file: 'lib/ledger/status/retrying.ts',
    from: '    ...restartRetryWindow(Math.max(dueAt, now)),\n',
    to: '',
  },
  {
    defect: 'a rejected key leaves the retry window as it is',
    file: 'lib/ledger/outcome.ts',
    from: 'isKeyError(outcome.error) || wasPutOff(entry)',
    to: 'wasPutOff(entry)',
  },
  {
    defect: 'the time for which an interaction was put off counts as tried',
    file: 'lib/ledger/retry-window.ts',
    from: 'wasPutOff(entry) ? now : Date.parse',
    to: 'Date.parse',
  },
  {
    defect: 'what is put off is due when nobody reads it',
    file: 'lib/ledger/ledger.ts',
    from: 'change(toRetrying(key, PUT_OFF, dueAt))',
    to: "change({ ...toRetrying(key, PUT_OFF, dueAt), queue: 'retry' })",
  },
  {
    defect: "a rejected key kills its workspace's interactions",
    file: 'lib/delivery/nat.ts',
    from: 'status === 401 || status === 403',
    to: 'status === 999',
  },
  {
    defect: 'what a container has not written yet, it remembers as seen',
    file: 'lib/intake/accept.ts',
    from: '    const accepted = new Set<Candidate>();',
    to: '    for (const { name } of unseen) recentlySeen.set(name, true);\n    const accepted = new Set<Candidate>();',
  },
  {
    defect: 'what belongs to a workspace that the index does not show yet dies',
    file: 'lib/delivery/attempt.ts',
    from: "verdict: 'may-pass', error: 'workspace unknown'",
    to: "verdict: 'never', error: 'workspace unknown'",
  },
  {
    defect: 'an interaction expires from its acceptance on',
    file: 'lib/ledger/status/pending.ts',
    from: '    acceptedAt: new Date(now).toISOString(),\n',
    to: '    acceptedAt: new Date(now).toISOString(),\n    expiresAt: now / 1000 + 9 * 86_400,\n',
  },
  {
    defect: 'a new key releases what is being tried',
    file: 'lib/ledger/repairs.ts',
    from: 'and(waitsForKey, wasTried, isNotLeased(now))',
    to: 'and(waitsForKey, wasTried)',
  },
  {
    defect: 'a new key releases what waits for something else',
    file: 'lib/ledger/waits-for-key.ts',
    from: "and(isRetrying, isOneOf('lastError', KEY_ERRORS))",
    to: 'isRetrying',
  },
  {
    defect: 'a repeat of the write that claims a key is refused as another',
    file: 'lib/workspaces/key-claims.ts',
    from: 'return (await read(hash))?.owner === owner;',
    to: 'return false;',
  },
];

const misfits = MUTANTS.filter(({ file, from }) => {
  return readFileSync(join(ROOT, file), 'utf8').split(from).length !== 2;
});
if (misfits.length > 0) {
  const list = misfits.map(({ file, from }) => `${file} does not contain exactly once:\n  ${from}`);
  throw new Error(list.join('\n'));
}

process.stdout.write('| defect | seed | what the simulation said |\n| --- | --- | --- |\n');
const survivors = MUTANTS.filter((mutant) => !isCaught(mutant));
if (survivors.length > 0) {
  process.stderr.write(`${survivors.length} not caught in ${RUNS} runs\n`);
  process.exitCode = 1;
}

/** Runs the simulation on a copy with the defect, and prints a row. */
function isCaught({ defect, file, from, to }: Mutant): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'nat-destination-mutant-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const source = readFileSync(join(copy, file), 'utf8');
    writeFileSync(
      join(copy, file),
      source.replace(from, () => to),
    );
    const args = ['tests/simulation/run.ts', '--runs', RUNS, '--seed', FIRST_SEED];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
    const [, seed = '', said = ''] = /^seed (\d+):\n {2}(.*)$/m.exec(stderr) ?? [];
    const caught = status === 1 && seed !== '';
    process.stdout.write(`| ${defect} | ${seed || '–'} | ${caught ? said : 'NOT CAUGHT'} |\n`);
    if (status !== 0 && !caught) process.stderr.write(stderr);
    return caught;
  } finally {
    rmSync(copy, { recursive: true });
  }
}
