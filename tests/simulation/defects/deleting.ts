import type { Defect } from './defect.ts';

/** Defects of Segment's deletion message. */
export const DELETING: Defect[] = [
  {
    defect: 'a deletion: accepting does not remember the user',
    file: 'lib/intake/write-new.ts',
    from: 'await ledger.remember(user, key.contact, at);',
    to: '',
  },
  {
    defect: 'a deletion: accepting remembers the user only after the interaction',
    file: 'lib/intake/write-new.ts',
    from: 'await ledger.remember(user, key.contact, at);',
    to: 'void Promise.resolve().then(async () => { await new Promise((r) => setTimeout(r, 50)); await ledger.remember(user, key.contact, at); }).catch(() => {});',
  },
  {
    defect: 'a deletion is completed without a second look for what was being accepted',
    file: 'lib/ledger/deletions.ts',
    from: 'await forgetContact(db, table, contactOf(address), { acceptedUntil: at });',
    to: '',
  },
  {
    defect: 'a deletion is completed while requests that began before still write',
    file: 'lib/ledger/deletions.ts',
    from: 'DELETION_SETTLES_AFTER_MS = MINUTE_MS',
    to: 'DELETION_SETTLES_AFTER_MS = 0 * MINUTE_MS',
  },
  {
    defect: 'a deletion also deletes what is accepted after it',
    file: 'lib/ledger/forget.ts',
    from: "return or(isAbsent('acceptedAt'), isAtMost('acceptedAt', until));",
    to: "return or(isAbsent('nothing'), isAtMost('acceptedAt', until));",
  },
  {
    defect: 'a deletion reaches only one address of the user',
    file: 'lib/ledger/deletions.ts',
    from: 'for (const address of page.entries) {',
    to: 'for (const address of page.entries.slice(0, 1)) {',
  },
  {
    defect: 'a deletion leaves behind which addresses the user had',
    file: 'lib/ledger/deletions.ts',
    from: 'await users.forgetAddress(address, at);',
    to: '',
  },
  {
    defect: 'a deletion forgets the addresses that are named again after it',
    file: 'lib/ledger/users.ts',
    from: "const condition = isAtMost('lastAt', new Date(until).toISOString());",
    to: "const condition = isAtMost('firstAt', new Date(until).toISOString());",
  },
  {
    defect: 'a deletion is answered although its order failed',
    file: 'lib/intake/delete-users.ts',
    from: 'await pMap(users, ([user, at]) => deletions.order(user, at), options);',
    to: 'await pMap(users, ([user, at]) => deletions.order(user, at).catch(() => {}), options);',
  },
  {
    defect: 'a deletion that was ordered again meanwhile is over with the first',
    file: 'lib/ledger/deletions.ts',
    from: "condition: equals('dueAt', lease) });",
    to: 'condition: undefined });',
    test: 'tests/tables/deletions.test.ts',
  },
  {
    defect: 'a deletion that runs out of time is over',
    file: 'lib/ledger/deletions.ts',
    from: 'if (page.next === undefined || hasTime()) continue;',
    to: 'if (page.next === undefined || hasTime()) continue;\n      break;',
    test: 'tests/tables/deletions.test.ts',
  },
  {
    defect: 'a slow request overwrites what a later one remembered of the user',
    file: 'lib/ledger/users.ts',
    from: "condition: or(isAbsent('lastAt'), isAtMost('lastAt', at)),",
    to: "condition: or(isAbsent('lastAt'), isAbsent('nothing')),",
    test: 'tests/tables/deletions.test.ts',
  },
  {
    defect: 'an event behind a deletion of its batch counts as earlier',
    file: 'lib/intake/event-times.ts',
    from: 'at -= 1;',
    to: '',
    test: 'tests/rules/deletion.test.ts',
  },
];
