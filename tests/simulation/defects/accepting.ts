import type { Defect } from './defect.ts';

/** Defects of the way from a request into the ledger. */
export const ACCEPTING: Defect[] = [
  {
    defect: 'the write to accept has no condition',
    file: 'lib/ledger/one-per-day.ts',
    from: "or(isAbsent('contact'), isDead)",
    to: "or(isAbsent('nothing'), isDead)",
  },
  {
    defect: 'a dead interaction keeps its day for ever',
    file: 'lib/ledger/one-per-day.ts',
    from: "or(isAbsent('contact'), isDead)",
    to: "isAbsent('contact')",
  },
  {
    defect: 'an event whose day is taken is answered accepted',
    file: 'lib/intake/write-new.ts',
    from: 'if (await ledger.accept(key, event, at)) written.add(candidate);',
    to: 'await ledger.accept(key, event, at);\n    written.add(candidate);',
  },
  {
    defect: 'a write that fails counts as accepted',
    file: 'lib/intake/write-new.ts',
    from: 'if (await ledger.accept(key, event, at)) written',
    to: 'if (await ledger.accept(key, event, at).catch(() => true)) written',
  },
  {
    defect: 'the day is that of UTC, not of the time zone',
    file: 'lib/event/normalize.ts',
    from: 'calendarDay(settings.timeZone, ',
    to: "calendarDay('UTC', ",
  },
  {
    defect: 'a container remembers a contact for ten hours',
    file: 'lib/intake/accept.ts',
    from: 'REMEMBERED_MS = 10 * 60 * 1000',
    to: 'REMEMBERED_MS = 10 * 60 * 60 * 1000',
  },
  {
    defect: 'a container remembers a contact before the write',
    file: 'lib/intake/accept.ts',
    from: '    const written = await writeNew(ledger, free, options);\n',
    to: '    for (const { id } of free) remembered.set(id, true);\n    const written = await writeNew(ledger, free, options);\n',
  },
  {
    defect: 'all interactions of a batch count as inserted',
    file: 'lib/runtime/dynamodb/insert-all.ts',
    from: 'return response !== undefined && response.Error === undefined;',
    to: 'return response !== undefined;',
  },
  {
    defect: 'an interaction of a batch that could not be inserted counts as a duplicate',
    file: 'lib/intake/write-new.ts',
    from: 'const rest = candidates.filter((candidate) => !written.has(candidate));',
    to: 'const rest = candidates.length > 1 ? [] : candidates;',
  },
  {
    defect: 'an interaction expires after its acceptance',
    file: 'lib/ledger/status/pending.ts',
    from: '    acceptedAt: new Date(now).toISOString(),\n',
    to: '    acceptedAt: new Date(now).toISOString(),\n    expiresAt: now / 1000 + 9 * 86_400,\n',
  },
  {
    defect: 'a delivered interaction expires at once',
    file: 'lib/ledger/status/delivered.ts',
    from: '(retentionDays + EXPIRY_MARGIN_DAYS) * DAY_MS',
    to: '0',
    test: 'tests/tables/retention.test.ts',
  },
  {
    defect: 'a disabled workspace is let in if it has a shared secret',
    file: 'lib/intake/authenticate.ts',
    from: "if (workspace.status === 'disabled')",
    to: "if (workspace.status === 'disabled' && workspace.sharedSecret === undefined)",
  },
  {
    defect: 'a wrong signature is let in',
    file: 'lib/intake/verify-signature.ts',
    from: "throw new Rejection('signature_wrong');",
    to: '',
  },
  {
    defect: 'a missing signature is let in',
    file: 'lib/intake/verify-signature.ts',
    from: "if (signature === undefined) throw new Rejection('signature_missing');",
    to: 'if (signature === undefined) return;',
  },
  {
    defect: 'a key that has ended is let in',
    file: 'lib/workspaces/workspaces.ts',
    from: 'return found !== undefined && isValid(found, now) ? found : undefined;',
    to: 'return found;',
  },
  {
    defect: 'a container knows the settings of a workspace for ten hours',
    file: 'lib/workspaces/workspace-cache.ts',
    from: 'REMEMBERED_MS = MINUTE_MS',
    to: 'REMEMBERED_MS = 600 * MINUTE_MS',
  },
  {
    defect: 'a container remembers for a minute that a key is unknown',
    file: 'lib/workspaces/workspaces.ts',
    from: 'MISS_REMEMBERED_MS = 5 * SECOND_MS',
    to: 'MISS_REMEMBERED_MS = 60 * SECOND_MS',
    test: 'tests/tables/operator.test.ts',
  },
];
