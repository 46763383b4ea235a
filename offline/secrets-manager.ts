import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { type AwsAnswer, type AwsService, startAwsService } from './aws-service.ts';

/** The names of the secrets on the stage `local`, as in `serverless.yml`. */
export const LOCAL_SECRETS = {
  CONTACTS_SECRET: 'contacts',
  NAT_KEYS_SECRET: 'nat-keys',
  SIGNATURES_SECRET: 'signatures',
} as const;

const getSchema = v.object({ SecretId: v.string() });
const putSchema = v.object({
  SecretId: v.string(),
  SecretString: v.string(),
  ClientRequestToken: v.string(),
});

interface Version {
  VersionId: string;
  SecretString: string;
}

/**
 * Starts a stand-in for AWS Secrets Manager. The first values are always the same, so that a DynamoDB
 * Local that is kept can be read after a restart. Rotated values are gone when it stops.
 */
export function startSecretsManager(): Promise<AwsService> {
  const secrets = new Map(
    Object.values(LOCAL_SECRETS).map((name): [string, Version[]] => [
      name,
      [{ VersionId: randomUUID(), SecretString: `this-is-not-a-secret-of-any-deployment-${name}` }],
    ]),
  );
  return startAwsService(answer);

  /** The two operations that the functions use. */
  function answer(operation: string, input: unknown): AwsAnswer {
    const { SecretId } = v.parse(getSchema, input);
    const versions = secrets.get(SecretId);
    if (versions === undefined) return fault('ResourceNotFoundException');
    if (operation === 'secretsmanager.GetSecretValue') {
      return { body: { Name: SecretId, ...versions.at(-1) } };
    }
    const { SecretString, ClientRequestToken: VersionId } = v.parse(putSchema, input);
    const sameToken = versions.find((version) => version.VersionId === VersionId);
    if (sameToken === undefined) versions.push({ VersionId, SecretString });
    else if (sameToken.SecretString !== SecretString) return fault('ResourceExistsException');
    return { body: { Name: SecretId, VersionId } };
  }
}

function fault(__type: string): AwsAnswer {
  return { status: 400, body: { __type, message: __type } };
}
