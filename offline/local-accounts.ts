import { SECOND_MS } from '../lib/runtime/durations.ts';
import type { SecretSource } from '../lib/runtime/secret-source.ts';
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
 * Creates what knows the accounts at Nat, as the workspaces have them. A change of an operator counts
 * after a second, a new workspace at once.
 */
export function createLocalAccounts(registry: Registry, secrets: Pick<SecretSource, 'natKeys'>) {
  let accounts: Promise<Account[]> = Promise.resolve([]);
  let readAt = Number.NEGATIVE_INFINITY;

  return {
    /** The time zone of an account at Nat, UTC if no workspace has its key. */
    async findTimeZone(natApiKey: string): Promise<string> {
      const found = await find(({ unsealedNatApiKey }) => unsealedNatApiKey === natApiKey);
      return found?.timeZone ?? 'UTC';
    },

    /** The account at Nat that a workspace has; undefined if there is no such workspace. */
    async findByWorkspace(id: string) {
      const found = await find((account) => account.id === id);
      if (found?.unsealedNatApiKey === undefined) return undefined;
      return { natApiKey: found.unsealedNatApiKey, timeZone: found.timeZone };
    },
  };

  /** What is not known may have been added a moment ago. */
  async function find(isMeant: (account: Account) => boolean): Promise<Account | undefined> {
    const known = Date.now() - readAt < REMEMBERED_MS ? accounts : read();
    return (await known).find(isMeant) ?? (await read()).find(isMeant);
  }

  function read(): Promise<Account[]> {
    readAt = Date.now();
    accounts = readAll();
    return accounts;
  }

  async function readAll(): Promise<Account[]> {
    const workspaces = await registry.list();
    return Promise.all(
      workspaces.map(async (workspace) => {
        const natKeys = await secrets.natKeys(workspace.natApiKey);
        return { ...workspace, unsealedNatApiKey: unsealNatApiKey(natKeys, workspace) };
      }),
    );
  }
}
