import type { Sealer, Secrets } from '../runtime/secrets.ts';

/** The fields of a workspace that are sealed. */
type SealedField = 'natApiKey' | 'sharedSecret';

/** A workspace with its sealed fields. */
interface Sealed {
  id: string;
  natApiKey: string;
  sharedSecret?: string | undefined;
}

type Sealers = Pick<Secrets, 'natKeys' | 'signatures'>;

/** Seals a secret for one field of one workspace: nothing else can unseal it. */
export function sealField(
  sealers: Sealers,
  workspaceId: string,
  field: SealedField,
  text: string,
): string {
  return sealerOf(sealers, field).seal(text, purposeOf(workspaceId, field));
}

/**
 * Seals a secret, but keeps the sealed text of the workspace if it holds that secret already. So
 * setting the same secret again changes nothing.
 */
export function sealIfNew(
  sealers: Sealers,
  workspace: Sealed,
  field: SealedField,
  text: string,
): string {
  const sealed = workspace[field];
  const isSame =
    sealed !== undefined && unseal(sealerOf(sealers, field), workspace, field, sealed) === text;
  return isSame ? sealed : sealField(sealers, workspace.id, field, text);
}

/**
 * Seals again, with the newest key, what was sealed with an older one.
 *
 * @returns the workspace itself if there is nothing to seal again. What cannot be unsealed stays as
 * it is: a new secret replaces it
 */
export function reseal<T extends Sealed>(sealers: Sealers, workspace: T): T {
  const natApiKey = resealField(sealers, workspace, 'natApiKey', workspace.natApiKey);
  const { sharedSecret: before } = workspace;
  const sharedSecret = before && resealField(sealers, workspace, 'sharedSecret', before);
  if (natApiKey === workspace.natApiKey && sharedSecret === before) return workspace;
  return { ...workspace, natApiKey, ...(sharedSecret !== undefined && { sharedSecret }) };
}

/** @returns the key for Nat; undefined if it cannot be unsealed: a new key replaces it */
export function unsealNatApiKey(natKeys: Sealer, workspace: Sealed): string | undefined {
  return unseal(natKeys, workspace, 'natApiKey', workspace.natApiKey);
}

/**
 * Unseals the secret with which the senders of a workspace sign.
 *
 * @throws {Error} if it cannot be unsealed
 */
export function unsealSharedSecret(
  signatures: Sealer,
  { id, sharedSecret }: { id: string; sharedSecret: string },
): string {
  return signatures.unseal(sharedSecret, purposeOf(id, 'sharedSecret'));
}

function resealField(
  sealers: Sealers,
  workspace: Sealed,
  field: SealedField,
  sealed: string,
): string {
  const sealer = sealerOf(sealers, field);
  if (sealer.isNewest(sealed)) return sealed;
  const text = unseal(sealer, workspace, field, sealed);
  return text === undefined ? sealed : sealField(sealers, workspace.id, field, text);
}

function unseal(
  sealer: Sealer,
  { id }: Sealed,
  field: SealedField,
  sealed: string,
): string | undefined {
  try {
    return sealer.unseal(sealed, purposeOf(id, field));
  } catch {
    return undefined;
  }
}

function sealerOf({ natKeys, signatures }: Sealers, field: SealedField): Sealer {
  return field === 'natApiKey' ? natKeys : signatures;
}

function purposeOf(workspaceId: string, field: SealedField): string {
  return `${workspaceId} ${field}`;
}
