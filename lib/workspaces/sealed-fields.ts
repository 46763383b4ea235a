import type { Secrets } from '../runtime/secrets.ts';

/** The fields of a workspace that are sealed. */
type SealedField = 'natApiKey' | 'sharedSecret';

/** A workspace with its sealed fields. */
interface Sealed {
  id: string;
  natApiKey: string;
  sharedSecret?: string | undefined;
}

/** Seals a secret for one field of one workspace: nothing else can unseal it. */
export function sealField(
  secrets: Secrets,
  workspaceId: string,
  field: SealedField,
  text: string,
): string {
  return secrets.seal(text, purposeOf(workspaceId, field));
}

/**
 * Seals a secret, but keeps the sealed text of the workspace if it holds that secret already. So
 * setting the same secret again changes nothing.
 */
export function sealIfNew(
  secrets: Secrets,
  workspace: Sealed,
  field: SealedField,
  text: string,
): string {
  const sealed = workspace[field];
  const isSame = sealed !== undefined && unseal(secrets, workspace, field, sealed) === text;
  return isSame ? sealed : sealField(secrets, workspace.id, field, text);
}

/** @returns the key for Nat; undefined if it cannot be unsealed: a new key replaces it */
export function unsealNatApiKey(secrets: Secrets, workspace: Sealed): string | undefined {
  return unseal(secrets, workspace, 'natApiKey', workspace.natApiKey);
}

function unseal(
  secrets: Secrets,
  { id }: Sealed,
  field: SealedField,
  sealed: string,
): string | undefined {
  try {
    return secrets.unseal(sealed, purposeOf(id, field));
  } catch {
    return undefined;
  }
}

function purposeOf(workspaceId: string, field: SealedField): string {
  return `${workspaceId} ${field}`;
}
