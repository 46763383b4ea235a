import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const MIN_SECRET_CHARACTERS = 32;

/** What is derived from the deployment's secret: sealing, and the names of contacts. */
export interface Secrets {
  /**
   * Encrypts a text so that only this deployment, and only for the same purpose, can read it.
   *
   * @param text what to seal
   * @param purpose whose and which secret it is, authenticated with it (GCM's additional data)
   * @returns base64url of IV, tag and ciphertext
   */
  seal(text: string, purpose: string): string;
  /**
   * @param sealed what `seal` gave
   * @param purpose the one it was sealed for
   * @throws {Error} if it was sealed for another purpose, by another secret, or changed since
   */
  unseal(sealed: string, purpose: string): string;
  /**
   * How the ledger and the logs name a contact without knowing the address.
   *
   * @param workspaceId the workspace the contact belongs to
   * @param email the address as `parseEmail` gives it
   * @returns base64url of an HMAC-SHA256, 43 characters
   */
  contactKey(workspaceId: string, email: string): string;
}

/**
 * @param deploymentSecret at least 32 characters, the same for the life of the deployment
 * @throws {Error} if it is shorter
 */
export function createSecrets(deploymentSecret: string): Secrets {
  if (deploymentSecret.length < MIN_SECRET_CHARACTERS) {
    throw new Error(`DEPLOYMENT_SECRET: expected at least ${MIN_SECRET_CHARACTERS} characters`);
  }
  const sealingKey = derivedKey(deploymentSecret, 'sealing');
  const contactsKey = derivedKey(deploymentSecret, 'contact keys');

  return {
    seal(text, purpose) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, sealingKey, iv).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    unseal(sealed, purpose) {
      const bytes = Buffer.from(sealed, 'base64url');
      const iv = bytes.subarray(0, IV_BYTES);
      const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv(CIPHER, sealingKey, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(tag);
      const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    },
    contactKey(workspaceId, email) {
      return createHmac('sha256', contactsKey)
        .update(`${workspaceId}\0${email}`)
        .digest('base64url');
    },
  };
}

function derivedKey(secret: string, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `nat-destination ${use}`, KEY_BYTES));
}
