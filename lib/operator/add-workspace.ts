import type { Secrets } from '../runtime/secrets.ts';
import { endingOf, hashOfApiKey, newApiKey } from '../workspaces/api-key.ts';
import { currentKeyOf, type MasterRecord, withCurrentKey } from '../workspaces/master-record.ts';
import type { Registry } from '../workspaces/registry.ts';
import { sealField, sealIfNew } from '../workspaces/sealed-fields.ts';
import type { Input } from './commands.ts';
import { editWorkspace } from './edit-workspace.ts';
import { DEFAULT_STANDARD_MESSAGE } from './fields.ts';
import { OperatorError } from './operator-error.ts';

/**
 * Adds a workspace. The key is claimed first and the master record decides whose the id is, so of
 * two calls at once only one succeeds. The same call again, with the same key, completes it.
 *
 * @returns the workspace, and the key if it was made here
 * @throws {OperatorError} if the id or the key is in use
 */
export async function addWorkspace(
  registry: Registry,
  secrets: Secrets,
  input: Input<'workspace.add'>,
): Promise<{ master: MasterRecord; apiKey?: string }> {
  const now = Date.now();
  const id = input.workspace;
  const apiKey = input.apiKey ?? newApiKey();
  const hash = hashOfApiKey(apiKey);
  await claimKey(registry, hash, id, now);
  const since = new Date(now).toISOString();
  const master: MasterRecord = {
    ...settingsOf(secrets, input, apiKey),
    id,
    // Higher than that of an earlier workspace with this id, of which a record may be left.
    version: now,
    createdAt: since,
    keys: withCurrentKey([], { hash, ending: endingOf(apiKey), since }, now),
  };
  const madeKey = input.apiKey === undefined && { apiKey };
  if (await registry.add(master)) return { master, ...madeKey };
  const found = await registry.find(id);
  if (found !== undefined && isSame(secrets, found, master, input)) {
    return { master: await editWorkspace(registry, id, (current) => current) };
  }
  if (!found?.keys.some((key) => key.hash === hash)) await registry.unclaimKey(hash, id);
  throw new OperatorError(
    'workspace: there is one with this id, and it is different (see workspace.show). Choose another id, or use workspace.update for its settings and workspace.rotate for its key',
  );
}

/** @throws {OperatorError} if another workspace has the key */
export async function claimKey(
  registry: Registry,
  hash: string,
  id: string,
  now: number,
): Promise<void> {
  if (await registry.claimKey(hash, id, now)) return;
  throw new OperatorError(
    'apiKey: another workspace uses it, or did so until 15 minutes ago. Give another key, or end it there with workspace.revoke',
  );
}

/** true if an earlier call has added the workspace. */
function isSame(
  secrets: Secrets,
  found: MasterRecord,
  wanted: MasterRecord,
  { apiKey, natApiKey = apiKey, sharedSecret }: Input<'workspace.add'>,
): boolean {
  const holds = (field: 'natApiKey' | 'sharedSecret', text: string | undefined) =>
    found[field] === (text && sealIfNew(secrets, found, field, text));
  return (
    currentKeyOf(found)?.hash === currentKeyOf(wanted)?.hash &&
    found.name === wanted.name &&
    found.timeZone === wanted.timeZone &&
    found.standardMessage === wanted.standardMessage &&
    found.deletions === wanted.deletions &&
    holds('natApiKey', natApiKey) &&
    holds('sharedSecret', sharedSecret)
  );
}

function settingsOf(secrets: Secrets, input: Input<'workspace.add'>, apiKey: string) {
  const { workspace: id, name, timeZone, standardMessage, natApiKey, sharedSecret } = input;
  const { deletions } = input;
  return {
    name,
    status: 'active' as const,
    timeZone: timeZone ?? 'UTC',
    standardMessage: standardMessage ?? DEFAULT_STANDARD_MESSAGE,
    contactsNamedBy: secrets.contacts.fingerprint,
    natApiKey: sealField(secrets, id, 'natApiKey', natApiKey ?? apiKey),
    ...(sharedSecret !== undefined && {
      sharedSecret: sealField(secrets, id, 'sharedSecret', sharedSecret),
    }),
    ...(deletions !== undefined && { deletions }),
  };
}
