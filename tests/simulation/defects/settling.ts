import type { Defect } from './defect.ts';

/** Defects of what an attempt leaves in the ledger. */
export const SETTLING: Defect[] = [
  {
    defect: 'a delivered interaction keeps its address',
    file: 'lib/ledger/status/delivered.ts',
    from: '    event: null,\n',
    to: '',
  },
  {
    defect: 'an interaction keeps its address if it is delivered at the fourth try',
    file: 'lib/ledger/status/delivered.ts',
    from: '    event: null,\n',
    to: '    event: entry.attempts === 3 ? undefined : null,\n',
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
    defect: 'settling overwrites a newer event of the day',
    file: 'lib/ledger/ledger.ts',
    from: "equals('acceptedAt', acceptedAt),",
    to: "({ name, value }) => name('acceptedAt') + ' >= ' + value(acceptedAt),",
    test: 'tests/tables/ledger.test.ts',
  },
  {
    defect: 'an attempt writes a forgotten contact again',
    file: 'lib/ledger/ledger.ts',
    from: 'condition: asItWasRead(entry)',
    to: "condition: or(equals('contact', undefined), asItWasRead(entry))",
  },
  {
    defect: 'a rejected key kills the interactions of its workspace',
    file: 'lib/delivery/nat.ts',
    from: 'status === 401 || status === 403',
    to: 'status === 999',
  },
  {
    defect: 'a rejected key leaves the retry window as it is',
    file: 'lib/ledger/outcome.ts',
    from: 'isKeyError(outcome.error) || wasPutOff(entry)',
    to: 'wasPutOff(entry)',
  },
  {
    defect: 'only the first rejection of a key restarts the retry window',
    file: 'lib/ledger/outcome.ts',
    from: 'isKeyError(outcome.error) || wasPutOff(entry)',
    to: "(isKeyError(outcome.error) && !isKeyError(entry.lastError ?? '')) || wasPutOff(entry)",
  },
  {
    defect: 'every failed try restarts the retry window',
    file: 'lib/ledger/outcome.ts',
    from: '(isKeyError(outcome.error) || wasPutOff(entry)) &&',
    to: 'isKeyError &&',
  },
  {
    defect: 'an interaction dies if the index does not show its workspace yet',
    file: 'lib/delivery/attempt.ts',
    from: "verdict: 'may-pass', error: 'workspace unknown'",
    to: "verdict: 'never', error: 'workspace unknown'",
  },
  {
    defect: 'the mark of a rejected key stays when Nat accepts the key again',
    file: 'lib/delivery/attempt.ts',
    from: "if (answer.verdict === 'accepted') await workspaces.unmarkNatKeyRejected(workspace);",
    to: '',
    test: 'tests/tables/delivery.test.ts',
  },
  {
    defect: 'deliver swallows time-outs of the table',
    file: 'functions/deliver.ts',
    from: '    throw error;\n',
    to: '',
  },
];
