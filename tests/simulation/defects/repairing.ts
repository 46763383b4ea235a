import type { Defect } from './defect.ts';

/** Defects of what brings back interactions that would wait for ever. */
export const REPAIRING: Defect[] = [
  {
    defect: 'recover forgets the last record of a batch',
    file: 'lib/ledger/stream.ts',
    from: 'return { pending, complete: true };',
    to: 'return { pending: pending.slice(0, -1), complete: true };',
  },
  {
    defect: 'recover believes that it has read a batch of which the stream has forgotten records',
    file: 'lib/ledger/stream.ts',
    from: 'return { pending, complete: false };',
    to: 'return { pending, complete: true };',
    test: 'tests/tables/recovery.test.ts',
  },
  {
    defect: 'recover reads the stream again without its faults',
    file: 'lib/delivery/recovery.ts',
    from: 'await readStream(range)',
    to: 'await readStream(range).catch(() => ({ pending: [], complete: true }))',
    test: 'tests/tables/recovery.test.ts',
  },
  {
    defect: 'recover drops a message that it cannot read',
    file: 'lib/delivery/recovery.ts',
    from: 'return { recovered: 0, sweep: await startSweep(endOfHour()) };',
    to: 'return { recovered: 0 };',
    test: 'tests/tables/recovery.test.ts',
  },
  {
    defect: 'a sweep that runs out of time sends no cursor',
    file: 'lib/delivery/recovery.ts',
    from: 'await sendSweep({ ...sweep, from: next });',
    to: '',
  },
  {
    defect: 'a sweep begins again at each page',
    file: 'lib/delivery/recovery.ts',
    from: 'await sendSweep({ ...sweep, from: next });',
    to: 'await sendSweep(sweep);',
    test: 'tests/tables/recovery.test.ts',
  },
  {
    defect: 'recover takes interactions that are not pending any more',
    file: 'lib/ledger/repairs.ts',
    from: 'return retryAnew(key, isPending, dueAt, now);',
    to: "return retryAnew(key, exists('event'), dueAt, now);",
  },
  {
    defect: 'neither redrive nor sweep find what is stuck',
    file: 'lib/ledger/repairs.ts',
    from: 'return and(isPending, accepted, ...scope);',
    to: 'return and(isPending, isDead, ...scope);',
  },
  {
    defect: 'a redrive takes delivered interactions, too',
    file: 'lib/ledger/repairs.ts',
    from: "and(or(isDead, isPending), exists('event'))",
    to: "exists('contact')",
  },
  {
    defect: 'a redrive leaves the retry window as it is',
    file: 'lib/ledger/status/retrying.ts',
    from: '    ...restartRetryWindow(Math.max(dueAt, now)),\n',
    to: '',
  },
  {
    defect: 'a new key releases an interaction that is being tried',
    file: 'lib/ledger/repairs.ts',
    from: 'and(waitsForKey, wasTried, isNotLeased(now))',
    to: 'and(waitsForKey, wasTried)',
  },
  {
    defect: 'a new key releases an interaction that waits for something else',
    file: 'lib/ledger/waits-for-key.ts',
    from: "and(isRetrying, isOneOf('lastError', KEY_ERRORS))",
    to: 'isRetrying',
  },
  {
    defect: 'redrive --waiting takes an interaction that is being tried',
    file: 'lib/ledger/repairs.ts',
    from: 'and(isStillDue(due), isNotLeased(now))',
    to: "exists('event')",
  },
];
