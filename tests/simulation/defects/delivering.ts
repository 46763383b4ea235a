import type { Defect } from './defect.ts';

/** Defects of an attempt: when it may be made, and what Nat gets. */
export const DELIVERING: Defect[] = [
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
    defect: 'a lease is shorter than a try',
    file: 'lib/delivery/attempt.ts',
    from: 'ATTEMPT_LEASE_MS = 2 * MINUTE_MS',
    to: 'ATTEMPT_LEASE_MS = 5 * SECOND_MS',
  },
  {
    defect: 'a lease does not check that the interaction is still due',
    file: 'lib/ledger/lease.ts',
    from: "and(isRetrying, equals('dueAt', dueAt))",
    to: 'dueAt ? isRetrying : isRetrying',
  },
  {
    defect: 'no status check before sending',
    file: 'lib/delivery/attempt.ts',
    from: "entry.status === 'pending' ? attempt(entry)",
    to: 'entry ? attempt({ event: { email: entry.contact, timestamp: entry.day, description: "" }, ...entry })',
  },
  {
    defect: 'deliver also tries what waits for its next try',
    file: 'lib/delivery/attempt.ts',
    from: "entry.status === 'pending' ? attempt(entry)",
    to: "entry.status === 'pending' || entry.status === 'retrying' ? attempt(entry)",
  },
  {
    defect: 'a new Idempotency-Key with every attempt',
    file: 'lib/delivery/idempotency-key.ts',
    from: 'update(interactionId(key))',
    to: 'update(interactionId(key) + Math.random())',
  },
  {
    defect: 'Retry-After is ignored',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'Math.max(now + Math.round(random * limit), earliestTryAt(retryAfter, now))',
    to: 'now + Math.round(random * limit)',
  },
  {
    defect: 'Retry-After has no longest delay',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'Math.min(RETRY_SCHEDULE.longestDelayMs, retryAfterMs(retryAfter, now))',
    to: 'retryAfterMs(retryAfter, now)',
  },
  {
    defect: 'the delay between two tries has no limit',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1))',
    to: 'firstDelayMs * 2 ** (attempts - 1) + longestDelayMs - longestDelayMs',
  },
  {
    defect: 'the retry window is only 24 hours',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'now - start >= RETRY_SCHEDULE.giveUpAfterMs',
    to: 'now - start >= RETRY_SCHEDULE.giveUpAfterMs / 3',
  },
  {
    defect: 'the retry window never ends',
    file: 'lib/delivery/retry-schedule.ts',
    from: 'now - start >= RETRY_SCHEDULE.giveUpAfterMs',
    to: 'now - start >= RETRY_SCHEDULE.giveUpAfterMs * 100',
  },
  {
    defect: '409 counts as never',
    file: 'lib/delivery/nat.ts',
    from: 'new Set([408, 409, 423, 425, 429])',
    to: 'new Set([408, 423, 425, 429])',
  },
  {
    defect: '404 counts as never',
    file: 'lib/delivery/nat.ts',
    from: 'new Set([404, 405, 410])',
    to: 'new Set([405, 410])',
  },
  {
    defect: '3xx counts as never',
    file: 'lib/delivery/nat.ts',
    from: 'status < 400 || ADDRESS_4XX.has(status)',
    to: 'ADDRESS_4XX.has(status)',
  },
  {
    defect: '501 counts as passing',
    file: 'lib/delivery/nat.ts',
    from: 'if (mayPass && status !== NOT_IMPLEMENTED)',
    to: 'if (mayPass && NOT_IMPLEMENTED)',
  },
  {
    defect: 'a call that breaks off counts as accepted',
    file: 'lib/delivery/nat.ts',
    from: "return { verdict: 'may-pass', error: codeOf(end.error) };",
    to: "return { verdict: 'accepted' };",
  },
];
