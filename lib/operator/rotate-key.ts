import { HOUR_MS } from '../runtime/durations.ts';
import type { Secrets } from '../runtime/secrets.ts';
import { endingOf, hashOfApiKey, newApiKey } from '../workspaces/api-key.ts';
import { endKeys, type MasterRecord, withCurrentKey } from '../workspaces/master-record.ts';
import type { Registry } from '../workspaces/registry.ts';
import { sealIfNew, unsealNatApiKey } from '../workspaces/sealed-fields.ts';
import { claimKey } from './add-workspace.ts';
import type { Input } from './commands.ts';
import { editWorkspace, findWorkspace } from './edit-workspace.ts';
import { OperatorError } from './operator-error.ts';
import { DEFAULT_GRACE_HOURS } from './workspace-inputs.ts';

/**
 * Makes a key the current one of a workspace: a new key, or one that the workspace has or had. The
 * other keys end after the grace time, or when they would have ended before.
 *
 * @returns the workspace, and the key if it was made here
 * @throws {OperatorError} if another workspace uses the key
 */
export async function rotateKey(
  registry: Registry,
  secrets: Secrets,
  input: Input<'workspace.rotate'>,
): Promise<{ master: MasterRecord; apiKey?: string }> {
  const { workspace, graceHours = DEFAULT_GRACE_HOURS } = input;
  const now = Date.now();
  const apiKey = input.apiKey ?? newApiKey();
  const key = {
    hash: hashOfApiKey(apiKey),
    ending: endingOf(apiKey),
    since: new Date(now).toISOString(),
  };
  const natApiKeyOf = (current: MasterRecord) =>
    sealIfNew(secrets, current, 'natApiKey', natApiKeyAfter(secrets, current, input));
  // Before the key is claimed: an unknown workspace must leave nothing behind.
  natApiKeyOf(await findWorkspace(registry, workspace));
  await claimKey(registry, key.hash, workspace, now);
  const master = await editWorkspace(registry, workspace, (current) => ({
    ...current,
    natApiKey: natApiKeyOf(current),
    keys: withCurrentKey(current.keys, key, now + graceHours * HOUR_MS),
  }));
  return { master, ...(input.apiKey === undefined && { apiKey }) };
}

/**
 * Ends earlier keys of a workspace at once.
 *
 * @throws {OperatorError} if no key ends so, or only the current one
 */
export function revokeKey(
  registry: Registry,
  { workspace, keyEnding }: Input<'workspace.revoke'>,
): Promise<MasterRecord> {
  const now = Date.now();
  return editWorkspace(registry, workspace, (current) => {
    const found = current.keys.filter(({ ending }) => ending === keyEnding);
    if (found.length === 0) {
      throw new OperatorError('keyEnding: no key ends so; see workspace.show');
    }
    if (found.every(({ validUntil }) => validUntil === undefined)) {
      throw new OperatorError(
        'keyEnding: this is the current key. To replace it and end it at once, use workspace.rotate with graceHours 0',
      );
    }
    const isChosen = ({ ending, validUntil }: (typeof found)[number]) =>
      ending === keyEnding && validUntil !== undefined;
    return { ...current, keys: endKeys(current.keys, isChosen, now) };
  });
}

/** Nat does not know an API key that is made here, so then Nat's old key stays in use. */
function natApiKeyAfter(
  secrets: Secrets,
  current: MasterRecord,
  { apiKey, natApiKey }: Pick<Input<'workspace.rotate'>, 'apiKey' | 'natApiKey'>,
): string {
  if (natApiKey !== undefined) return natApiKey;
  const before = unsealNatApiKey(secrets.natKeys, current);
  if (before === undefined) {
    throw new OperatorError('natApiKey: the present key cannot be read; give the new one');
  }
  const wasApiKey = current.keys.some(({ hash }) => hash === hashOfApiKey(before));
  return wasApiKey ? (apiKey ?? before) : before;
}
