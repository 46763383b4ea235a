import type { Defect } from './defect.ts';

/** Defects that let one workspace delay another. */
export const ISOLATING: Defect[] = [
  {
    defect: 'in deliver, all workspaces share one streak of failures',
    file: 'lib/delivery/first-delivery.ts',
    from: 'const workspace = workspaceIdOf(key);',
    to: "const workspace = key && 'all';",
  },
  {
    defect: 'in redeliver, all workspaces share one streak of failures',
    file: 'lib/delivery/redelivery.ts',
    from: 'const workspace = workspaceIdOf(due);',
    to: "const workspace = due && 'all';",
  },
  {
    defect: 'a run of redeliver ends at the first workspace that is passed over',
    file: 'lib/delivery/redelivery.ts',
    from: '    leftOut.add(workspace);\n',
    to: "    leftOut.add(workspace);\n    run.ended = 'keeps failing';\n",
  },
  {
    defect: 'a workspace that failed is passed over for days',
    file: 'lib/delivery/failure-streaks.ts',
    from: 'FIRST_PAUSE_MS = 30 * SECOND_MS',
    to: 'FIRST_PAUSE_MS = 300_000 * SECOND_MS',
    test: 'tests/rules/failure-streaks.test.ts',
  },
  {
    defect: 'one failing workspace counts as an outage of Nat',
    file: 'lib/delivery/failure-streaks.ts',
    from: 'WORKSPACES_IN_A_ROW = 50',
    to: 'WORKSPACES_IN_A_ROW = 1',
  },
  {
    defect: 'streaks of failures never open',
    file: 'lib/delivery/failure-streaks.ts',
    from: 'streak.failures >= FAILURES_IN_A_ROW',
    to: 'streak.failures >= 1e9',
    test: 'tests/rules/failure-streaks.test.ts',
  },
  {
    defect: 'a success does not end a streak of failures',
    file: 'lib/delivery/failure-streaks.ts',
    from: 'else streaks.delete(workspace);',
    to: '',
    test: 'tests/rules/failure-streaks.test.ts',
  },
  {
    defect: 'a rejected key counts as no failure',
    file: 'lib/delivery/attempt.ts',
    from: "answer.verdict !== 'accepted' && answer.verdict !== 'never'",
    to: "answer.verdict === 'may-pass' || answer.verdict === 'address-wrong'",
    test: 'tests/tables/delivery.test.ts',
  },
  {
    defect: 'an interaction that is put off loses its content',
    file: 'lib/ledger/ledger.ts',
    from: 'change(toRetrying(key, PUT_OFF, dueAt))',
    to: 'change({ ...toRetrying(key, PUT_OFF, dueAt), event: null })',
  },
  {
    defect: 'an interaction that is put off is due in a queue that nobody reads',
    file: 'lib/ledger/ledger.ts',
    from: 'change(toRetrying(key, PUT_OFF, dueAt))',
    to: "change({ ...toRetrying(key, PUT_OFF, dueAt), queue: 'retry' })",
  },
  {
    defect: 'deliver puts off what is not pending any more',
    file: 'lib/ledger/ledger.ts',
    from: '        condition: isPending,\n',
    to: "        condition: equals('contact', key.contact),\n",
  },
  {
    defect: 'the time for which an interaction was put off counts as tried',
    file: 'lib/ledger/retry-window.ts',
    from: 'wasPutOff(entry) ? now : Date.parse',
    to: 'Date.parse',
    test: 'tests/rules/ledger-changes.test.ts',
  },
];
