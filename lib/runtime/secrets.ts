import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const MIN_SECRET_CHARACTERS = 32;

/** What is derived from the secret of the deployment: sealing and contact keys. */
export interface Secrets {
  /**
   * Encrypts a text. Only this deployment can read it, and only for the same purpose.
   *
   * @param purpose which secret it is, and whose (the additional data of AES-GCM)
   * @returns IV, tag and ciphertext in base64url
   */
  seal(text: string, purpose: string): string;
  /**
   * Decrypts a text.
   *
   * @param sealed the result of `seal`
   * @param purpose the purpose that was given to `seal`
   * @throws {Error} if the purpose or the deployment is another, or the text was changed
   */
  unseal(sealed: string, purpose: string): string;
  /**
   * Makes the name of a contact for the ledger and the logs. It does not show the address.
   *
   * @param workspaceId the workspace of the contact
   * @param email the address as `parseEmail` returns it
   * @returns an HMAC-SHA256 in base64url, 43 characters
   */
  contactKey(workspaceId: string, email: string): string;
}

/**
 * Derives the keys of a deployment.
 *
 * @param deploymentSecret at least 32 characters, the same for the life of the deployment
 * @throws {Error} if it is shorter
 */
export function createSecrets(deploymentSecret: string): Secrets {
  if (deploymentSecret.length < MIN_SECRET_CHARACTERS) {
    throw new Error(`DEPLOYMENT_SECRET: must have at least ${MIN_SECRET_CHARACTERS} characters`);
  }
  const sealingKey = deriveKey(deploymentSecret, 'sealing');
  const contactHmacKey = deriveKey(deploymentSecret, 'contact keys');

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
      return createHmac('sha256', contactHmacKey)
        .update(`${workspaceId}\0${email}`)
        .digest('base64url');
    },
  };
}

function deriveKey(secret: string, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `nat-destination ${use}`, KEY_BYTES));
}
