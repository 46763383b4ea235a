import QuickLRU from 'quick-lru';
import { SECOND_MS } from './durations.ts';
import type { SecretStore } from './secret-store.ts';
import {
  type ContactNames,
  createContactNames,
  createSealer,
  keyIdOf,
  type Sealer,
  type SecretNames,
  type Secrets,
} from './secrets.ts';

/** How long a key counts as missing: a damaged record must not cost a call with each event. */
const MISSING_REMEMBERED_MS = 10 * SECOND_MS;

/** The secrets of a function, each read when it is first needed. Every method throws if that fails. */
export interface SecretSource {
  contacts(): Promise<ContactNames>;
  /** @param sealed what is to be unsealed: with a key that is new here, the secret is read again */
  natKeys(sealed: string): Promise<Sealer>;
  /** @param sealed as for `natKeys` */
  signatures(sealed: string): Promise<Sealer>;
}

/** Creates what reads the secrets of a function once per container. */
export function createSecretSource(store: SecretStore, names: SecretNames): SecretSource {
  let contacts: Promise<ContactNames> | undefined;
  return {
    contacts() {
      contacts ??= readContacts().catch((error) => {
        contacts = undefined;
        throw error;
      });
      return contacts;
    },
    natKeys: createSealerCache(() => readSealer(names.NAT_KEYS_SECRET)),
    signatures: createSealerCache(() => readSealer(names.SIGNATURES_SECRET)),
  };

  async function readContacts(): Promise<ContactNames> {
    const { values } = await store.read(names.CONTACTS_SECRET);
    return createContactNames(values[0] ?? '');
  }

  async function readSealer(name: string): Promise<Sealer> {
    return createSealer((await store.read(name)).values);
  }
}

/** The secrets as the operator's commands need them. */
export interface OpenSecrets {
  /** As they are now. */
  secrets: Secrets;
  /**
   * Replaces the secrets that seal, unless somebody else has since `secrets` were read.
   *
   * @returns the secrets as they are then
   */
  renew(): Promise<Secrets>;
}

/**
 * Reads all secrets.
 *
 * @throws if one cannot be read
 */
export async function openSecrets(store: SecretStore, names: SecretNames): Promise<OpenSecrets> {
  const { CONTACTS_SECRET, NAT_KEYS_SECRET, SIGNATURES_SECRET } = names;
  const [contacts, natKeys, signatures] = await Promise.all([
    store.read(CONTACTS_SECRET),
    store.read(NAT_KEYS_SECRET),
    store.read(SIGNATURES_SECRET),
  ]);
  const secrets = {
    contacts: createContactNames(contacts.values[0] ?? ''),
    natKeys: createSealer(natKeys.values),
    signatures: createSealer(signatures.values),
  };
  return {
    secrets,
    renew: async () => {
      await store.renew(NAT_KEYS_SECRET, natKeys);
      await store.renew(SIGNATURES_SECRET, signatures);
      return (await openSecrets(store, names)).secrets;
    },
  };
}

/**
 * Remembers a sealer. If a text was sealed with a key that it does not have, the secret was probably
 * rotated, so it is read again at once.
 */
function createSealerCache(read: () => Promise<Sealer>): (sealed: string) => Promise<Sealer> {
  const missing = new QuickLRU<string, true>({ maxSize: 1000, maxAge: MISSING_REMEMBERED_MS });
  let cached: Promise<Sealer> | undefined;

  return async (sealed) => {
    const keyId = keyIdOf(sealed);
    for (;;) {
      cached ??= startReading();
      const reading = cached;
      const sealer = await reading;
      if (sealer.canUnseal(sealed)) return sealer;
      // Somebody else may have read it again in the meantime.
      if (cached !== reading) continue;
      if (missing.has(keyId)) return sealer;
      missing.set(keyId, true);
      cached = startReading();
    }
  };

  function startReading(): Promise<Sealer> {
    const reading = read();
    reading.catch(() => {
      if (cached === reading) cached = undefined;
    });
    return reading;
  }
}
