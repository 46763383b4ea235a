import { SECOND_MS } from '../lib/runtime/durations.ts';
import type { Secrets } from '../lib/runtime/secrets.ts';
import type { ListedWorkspace, Registry } from '../lib/workspaces/registry.ts';
import { unsealNatApiKey } from '../lib/workspaces/sealed-fields.ts';

/** Reading the table for every call would slow the stack down. */
const REMEMBERED_MS = SECOND_MS;

/** A workspace, with its API key at Nat. */
interface Account extends ListedWorkspace {
  unsealedNatApiKey: string | undefined;
}

export type LocalAccounts = ReturnType<typeof createLocalAccounts>;

/**
 * Creates what knows the accounts at Nat, as the workspaces have them: at most a second old, because
 * an operator may change them at any time.
 */
export function createLocalAccounts(registry: Registry, secrets: Secrets) {
  let accounts: Promise<Account[]> = Promise.resolve([]);
  let readAt = Number.NEGATIVE_INFINITY;

  return {
    /** The time zone of an account at Nat, UTC if no workspace has its key. */
    async findTimeZone(natApiKey: string): Promise<string> {
      const found = (await list()).find((account) => account.unsealedNatApiKey === natApiKey);
      return found?.timeZone ?? 'UTC';
    },

    /** The account at Nat that a workspace has; undefined if there is no such workspace. */
    async findByWorkspace(id: string) {
      const found = (await list()).find((account) => account.id === id);
      if (found?.unsealedNatApiKey === undefined) return undefined;
      return { natApiKey: found.unsealedNatApiKey, timeZone: found.timeZone };
    },
  };

  function list(): Promise<Account[]> {
    if (Date.now() - readAt >= REMEMBERED_MS) {
      readAt = Date.now();
      accounts = read();
    }
    return accounts;
  }

  async function read(): Promise<Account[]> {
    const workspaces = await registry.list();
    return workspaces.map((workspace) => ({
      ...workspace,
      unsealedNatApiKey: unsealNatApiKey(secrets, workspace),
    }));
  }
}
