import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { OwnError } from './own-error.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const KEY_ID_CHARACTERS = 8;
const FINGERPRINT_CHARACTERS = 16;
const MIN_SECRET_CHARACTERS = 32;

/** Where each secret of a deployment is stored, by the variable that says so. */
export interface SecretNames {
  CONTACTS_SECRET: string;
  NAT_KEYS_SECRET: string;
  SIGNATURES_SECRET: string;
}

/** The secrets of a deployment, ready to use. */
export interface Secrets {
  /** Names contacts. It can never be replaced. */
  contacts: ContactNames;
  /** Seals the keys for Nat. */
  natKeys: Sealer;
  /** Seals the shared secrets with which senders sign. */
  signatures: Sealer;
}

/** Encrypts and decrypts texts for one use. */
export interface Sealer {
  /**
   * Encrypts a text with the newest key.
   *
   * @param purpose what the text is, and whose (the additional data of AES-GCM)
   * @returns the key's id, a dot, and IV, tag and ciphertext in base64url
   */
  seal(text: string, purpose: string): string;
  /**
   * Decrypts a text.
   *
   * @param sealed the result of `seal`
   * @param purpose the purpose that was given to `seal`
   * @throws {Error} if the purpose or the key is another, or the text was changed
   */
  unseal(sealed: string, purpose: string): string;
  /** true if the text was sealed with one of the keys. */
  canUnseal(sealed: string): boolean;
  /** true if the text was sealed with the newest key. */
  isNewest(sealed: string): boolean;
}

/** Names contacts for the ledger and the logs. A name does not show the address. */
export interface ContactNames {
  /** Tells this secret from any other, and shows nothing of it. */
  fingerprint: string;
  /**
   * @param workspace the workspace of the contact, and the secret that names its contacts
   * @param email the address as `parseEmail` returns it
   * @returns an HMAC-SHA256 in base64url, 43 characters
   * @throws {OwnError} if another secret names the contacts of this workspace: with other names, every
   * contact of the day would be accepted again
   */
  contactKey(workspace: NamedWorkspace, email: string): string;
  /**
   * Names a user of the customer, so that the `userId` itself is nowhere.
   *
   * @param workspace as for `contactKey`
   * @param userId the id as the sender sends it
   * @returns an HMAC-SHA256 in base64url, 43 characters
   * @throws {OwnError} as `contactKey` does
   */
  userKey(workspace: NamedWorkspace, userId: string): string;
}

/** A workspace, and the fingerprint of the secret that names its contacts. */
interface NamedWorkspace {
  id: string;
  contactsNamedBy: string;
}

/**
 * Creates what seals texts for one use.
 *
 * @param secrets the newest secret first, 32 characters or more each. The others only unseal
 * @throws {OwnError} if one is shorter, or there is none
 */
export function createSealer(secrets: string[]): Sealer {
  const keys = secrets.map((secret) => {
    const id = deriveKey(secret, 'key id').toString('base64url').slice(0, KEY_ID_CHARACTERS);
    return { id, bytes: new Uint8Array(deriveKey(secret, 'sealing')) };
  });
  const [newest] = keys;
  if (newest === undefined) throw new OwnError('there is no secret to seal with');
  const keyOf = (sealed: string) => keys.find(({ id }) => id === keyIdOf(sealed));

  return {
    seal(text, purpose) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, newest.bytes, iv).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      const bytes = Buffer.concat([iv, cipher.getAuthTag(), sealed]);
      return `${newest.id}.${bytes.toString('base64url')}`;
    },
    unseal(sealed, purpose) {
      const key = keyOf(sealed);
      if (key === undefined) throw new OwnError('sealed with a key that is not there');
      const bytes = Buffer.from(sealed.slice(key.id.length + 1), 'base64url');
      const iv = bytes.subarray(0, IV_BYTES);
      const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv(CIPHER, key.bytes, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(tag);
      const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    },
    canUnseal: (sealed) => keyOf(sealed) !== undefined,
    isNewest: (sealed) => keyOf(sealed) === newest,
  };
}

/** The id of the key with which a text was sealed. */
export function keyIdOf(sealed: string): string {
  return sealed.slice(0, Math.max(sealed.indexOf('.'), 0));
}

/**
 * Creates what names contacts.
 *
 * @param secret at least 32 characters, the same for the life of the deployment
 * @throws {OwnError} if it is shorter
 */
export function createContactNames(secret: string): ContactNames {
  // Not as bytes, of which Node would make a key for each name.
  const contactKeys = createSecretKey(deriveKey(secret, 'contact keys'));
  const userKeys = createSecretKey(deriveKey(secret, 'user keys'));
  const digest = deriveKey(secret, 'fingerprint').toString('base64url');
  const fingerprint = digest.slice(0, FINGERPRINT_CHARACTERS);

  return {
    fingerprint,
    contactKey: (workspace, email) => nameIn(workspace, contactKeys, email),
    userKey: (workspace, userId) => nameIn(workspace, userKeys, userId),
  };

  function nameIn({ id, contactsNamedBy }: NamedWorkspace, key: KeyObject, text: string): string {
    if (contactsNamedBy !== fingerprint) {
      throw new OwnError(
        `workspace ${id}: its contacts were named with another secret. Restore the first version of the secret that names contacts`,
      );
    }
    return createHmac('sha256', key).update(`${id}\0${text}`).digest('base64url');
  }
}

function deriveKey(secret: string, use: string): Buffer {
  if (secret.length < MIN_SECRET_CHARACTERS) {
    throw new OwnError(
      `a secret of the deployment has less than ${MIN_SECRET_CHARACTERS} characters`,
    );
  }
  return Buffer.from(hkdfSync('sha256', secret, '', `nat-destination ${use}`, KEY_BYTES));
}
