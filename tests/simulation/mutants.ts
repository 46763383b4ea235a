import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'functions',
  'lib',
  'offline',
  'resources',
  'tests',
  'package.json',
  'serverless.yml',
];
const RUNS = '3000';
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
    file: 'lib/ledger/ledger.ts',
    from: "'attribute_not_exists(contact) OR #status = :dead'",
    to: "'attribute_not_exists(nothing) OR #status = :dead'",
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
    from: 'ledger.lease(due, Date.now() + LEASE_MS)',
    to: 'ledger.read(due)',
  },
  {
    defect: 'no status check before sending',
    file: 'lib/delivery/attempt.ts',
    from: "entry?.status === 'pending' ? attempt(entry)",
    to: 'entry?.event !== undefined || entry ? attempt({ event: { email: entry.contact, timestamp: entry.day, description: "" }, ...entry })',
  },
  {
    defect: 'the day is that of UTC, not of the time zone',
    file: 'lib/event/normalize.ts',
    from: 'dayIn(settings.timeZone, instant)',
    to: "dayIn('UTC', instant)",
  },
  {
    defect: 'Retry-After is ignored',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'Math.max(now + Math.round(random * ceiling), notBefore(retryAfter, now))',
    to: 'now + Math.round(random * ceiling)',
  },
  {
    defect: 'given up after 24 hours instead of 72',
    file: 'lib/delivery/retry-schedule.ts',
    from: '72 * HOUR_MS',
    to: '24 * HOUR_MS',
  },
  {
    defect: 'a new Idempotency-Key with every try',
    file: 'lib/delivery/attempt.ts',
    from: 'update(nameOf(key))',
    to: 'update(nameOf(key) + Math.random())',
  },
  {
    defect: 'a delivered interaction keeps its address',
    file: 'lib/ledger/outcome.ts',
    from: 'event: undefined, ',
    to: '',
  },
  {
    defect: 'settling is not conditional on what was read',
    file: 'lib/ledger/ledger.ts',
    from: '`#status = :wasStatus AND attempts = :wasAttempts AND',
    to: '`attribute_exists(contact) OR #status = :wasStatus AND attempts = :wasAttempts AND',
  },
  {
    defect: 'redrive does not find what is stuck',
    file: 'lib/ledger/repairs.ts',
    from: '#status = :pending AND acceptedAt <= :before',
    to: '#status = :pending AND acceptedAt > :before',
  },
  {
    defect: "a rejected key kills its workspace's interactions",
    file: 'lib/delivery/nat.ts',
    from: "verdict: 'key-rejected', error, ...retryAfter",
    to: "verdict: 'never', error",
  },
  {
    defect: 'what a container has not written yet, it remembers as seen',
    file: 'lib/intake/accept.ts',
    from: '    const accepted = new Set<Candidate>();',
    to: '    for (const { name } of unseen) seen.set(name, true);\n    const accepted = new Set<Candidate>();',
  },
  {
    defect: 'what belongs to a workspace that the index does not show yet dies',
    file: 'lib/delivery/attempt.ts',
    from: "verdict: 'may-pass', error: 'workspace unknown'",
    to: "verdict: 'never', error: 'workspace unknown'",
  },
  {
    defect: 'an interaction expires from its acceptance on',
    file: 'lib/ledger/ledger.ts',
    from: '        acceptedAt: new Date(now).toISOString(),',
    to: '        acceptedAt: new Date(now).toISOString(),\n        expiresAt: now / 1000 + 9 * 86_400,',
  },
  {
    defect: 'a new key releases what is being tried',
    file: 'lib/ledger/repairs.ts',
    from: ' AND (attribute_not_exists(leasedUntil) OR leasedUntil <= :now)',
    to: '',
  },
  {
    defect: 'a new key releases what waits for something else',
    file: 'lib/ledger/repairs.ts',
    from: 'AND lastError IN (',
    to: 'AND NOT lastError IN (',
  },
  {
    defect: 'a repeat of the write that adds a key is refused as another',
    file: 'lib/workspaces/workspaces.ts',
    from: 'attribute_not_exists(#key) OR natApiKey = :natApiKey',
    to: 'attribute_not_exists(#key) OR natApiKey < :natApiKey',
  },
];

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
    if (source.split(from).length !== 2) throw new Error(`${file} has not once: ${from}`);
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
