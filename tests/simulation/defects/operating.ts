import type { Defect } from './defect.ts';

/** Defects of the operator's commands about workspaces and contacts. */
export const OPERATING: Defect[] = [
  {
    defect: 'a repeat of the write that claims a key is rejected as another claim',
    file: 'lib/workspaces/key-claims.ts',
    from: 'return (await read(hash))?.owner === owner;',
    to: 'return false;',
    test: 'tests/tables/interrupted.test.ts',
  },
  {
    defect: 'a new key keeps the mark that Nat rejects the old one',
    file: 'lib/workspaces/key-records.ts',
    from: 'natKeyRejectedAt: isMarkOver ? null : undefined,',
    to: 'natKeyRejectedAt: isMarkOver ? undefined : undefined,',
  },
  {
    defect: 'a change that was cut off is not completed by the next one',
    file: 'lib/workspaces/registry.ts',
    from: 'if (next === current || (await put(',
    to: 'if (next === current) return next;\n        if ((await put(',
    test: 'tests/tables/interrupted.test.ts',
  },
  {
    defect: 'a rotated key never ends',
    file: 'lib/workspaces/master-record.ts',
    from: 'isChosen(key) && (key.validUntil === undefined || key.validUntil > end)',
    to: 'isChosen(key) && key.validUntil !== undefined && key.validUntil > end',
    test: 'tests/tables/keys.test.ts',
  },
  {
    defect: 'a removal leaves the interactions',
    file: 'lib/operator/remove-workspace.ts',
    from: 'if (!dryRun) await forgetAll(entries);',
    to: '',
  },
  {
    defect: 'a removal does not wait until no function uses the keys',
    file: 'lib/operator/remove-workspace.ts',
    from: 'dryRun === true ? 0 : Date.now() + WORKSPACE_CHANGE_VISIBLE_AFTER_MS',
    to: '0',
    test: 'tests/tables/removal.test.ts',
  },
  {
    defect: 'a removal that is run again does not wait for the keys that ended only then',
    file: 'lib/operator/remove-workspace.ts',
    from: 'dryRun === true ? 0 : Date.now() + WORKSPACE_CHANGE_VISIBLE_AFTER_MS',
    to: "Date.parse(removedAt ?? '1970-01-01') + WORKSPACE_CHANGE_VISIBLE_AFTER_MS",
    test: 'tests/tables/removal.test.ts',
  },
  {
    defect: 'a removal only deletes its first page',
    file: 'lib/operator/walk.ts',
    from: 'progress.position = page.next;',
    to: 'progress.position = page.next;\n      break;',
  },
  {
    defect: 'contact.forget deletes only the newest day',
    file: 'lib/ledger/forget.ts',
    from: 'await pMap(entries, forgetOne,',
    to: 'await pMap(entries.slice(0, 1), forgetOne,',
  },
];
