import { createSecretSource } from '../../lib/runtime/secret-source.ts';
import type { SecretStore, StoredSecret } from '../../lib/runtime/secret-store.ts';
import {
  createContactNames,
  createSealer,
  type SecretNames,
  type Secrets,
} from '../../lib/runtime/secrets.ts';

/** The secrets of an imagined deployment, by the variables that name them. */
export const SECRET_NAMES: SecretNames = {
  CONTACTS_SECRET: 'the secret that names contacts here',
  NAT_KEYS_SECRET: 'the secret that seals keys for Nat',
  SIGNATURES_SECRET: 'the secret that seals shared secrets',
};

/** A store of secrets in this process, with the semantics of AWS Secrets Manager. */
export function createMemorySecretStore(): SecretStore {
  const stored = new Map<string, StoredSecret>();
  const read = (name: string) => stored.get(name) ?? { version: '1', values: [name] };
  return {
    read: async (name) => read(name),
    renew: async (name, { version, values }) => {
      const current = read(name);
      if (current.version !== version) return;
      const next = String(Number(version) + 1);
      stored.set(name, {
        version: next,
        values: [`${name}, version ${next}`, ...values.slice(0, 2)],
      });
    },
  };
}

/** The secrets of `createMemorySecretStore` before they are replaced. */
export const secrets: Secrets = {
  contacts: createContactNames(SECRET_NAMES.CONTACTS_SECRET),
  natKeys: createSealer([SECRET_NAMES.NAT_KEYS_SECRET]),
  signatures: createSealer([SECRET_NAMES.SIGNATURES_SECRET]),
};

/** The same secrets, as the functions read them. */
export const secretSource = createSecretSource(createMemorySecretStore(), SECRET_NAMES);

/** The secrets for operator's commands that replace none. */
export const operatorSecrets = { secrets, renewSecrets: async () => secrets };

/** The name of a contact, which the ledger has behind the id of its workspace. */
export function contactKeyOf(workspace: string, email: string): string {
  const { contacts } = secrets;
  return contacts.contactKey({ id: workspace, contactsNamedBy: contacts.fingerprint }, email);
}

/** The name of a user of a workspace. */
export function userKeyOf(workspace: string, userId: string): string {
  const { contacts } = secrets;
  return contacts.userKey({ id: workspace, contactsNamedBy: contacts.fingerprint }, userId);
}
