import type { Secrets } from '../runtime/secrets.ts';
import type { Workspace } from './workspace.ts';

/** The fields of a workspace that are sealed. */
type SealedField = 'natApiKey' | 'sharedSecret';

/** Seals a secret for one field of one workspace: nothing else can unseal it. */
export function sealField(
  secrets: Secrets,
  workspaceId: string,
  field: SealedField,
  text: string,
): string {
  return secrets.seal(text, purposeOf(workspaceId, field));
}

/** @returns the key for Nat; undefined if it cannot be unsealed: a new key replaces it */
export function unsealNatApiKey(secrets: Secrets, workspace: Workspace): string | undefined {
  try {
    return secrets.unseal(workspace.natApiKey, purposeOf(workspace.id, 'natApiKey'));
  } catch {
    return undefined;
  }
}

function purposeOf(workspaceId: string, field: SealedField): string {
  return `${workspaceId} ${field}`;
}
