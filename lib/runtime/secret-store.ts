import { createHash, randomBytes } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { OwnError } from './own-error.ts';

const NEW_SECRET_BYTES = 48;
/** How many former values still unseal: a command that began before a rotation may end after it. */
const FORMER_VALUES = 2;

/** A secret as it is stored: the newest value first, then those that it replaced. */
export interface StoredSecret {
  version: string;
  values: string[];
}

/** Where the secrets of the deployment are kept. Every method throws if it fails. */
export interface SecretStore {
  read(name: string): Promise<StoredSecret>;
  /**
   * Adds a new random value before the newest one, unless somebody else did so since `stored` was read.
   */
  renew(name: string, stored: StoredSecret): Promise<void>;
}

/** Creates the store in AWS Secrets Manager. A name is the ARN of a secret. */
export function createSecretStore(client: SecretsManagerClient): SecretStore {
  return {
    async read(SecretId) {
      const { VersionId, SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId }),
      );
      if (VersionId === undefined || SecretString === undefined) {
        throw new OwnError('a secret of the deployment has no value');
      }
      return { version: VersionId, values: SecretString.split(' ') };
    },

    async renew(SecretId, { version, values }) {
      const newest = randomBytes(NEW_SECRET_BYTES).toString('base64url');
      // AWS refuses a token that was used with another value, so of two calls at once one succeeds.
      const ClientRequestToken = createHash('sha256').update(version).digest('hex');
      const SecretString = [newest, ...values.slice(0, FORMER_VALUES)].join(' ');
      try {
        await client.send(
          new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken }),
        );
      } catch (error) {
        if (!(error instanceof ResourceExistsException)) throw error;
      }
    },
  };
}
