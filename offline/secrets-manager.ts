import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod/mini';

/** The names of the secrets on the stage `local`, as in `serverless.yml`. */
export const LOCAL_SECRETS = {
  CONTACTS_SECRET: 'contacts',
  NAT_KEYS_SECRET: 'nat-keys',
  SIGNATURES_SECRET: 'signatures',
} as const;

const getSchema = z.object({ SecretId: z.string() });
const putSchema = z.object({
  SecretId: z.string(),
  SecretString: z.string(),
  ClientRequestToken: z.string(),
});

interface Version {
  VersionId: string;
  SecretString: string;
}

/** Stands in for AWS Secrets Manager. */
export interface SecretsManager {
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts it on a free port. The first values are always the same, so that a DynamoDB Local that is
 * kept can be read after a restart. Rotated values are gone when it stops.
 */
export async function startSecretsManager(): Promise<SecretsManager> {
  const secrets = new Map(
    Object.values(LOCAL_SECRETS).map((name): [string, Version[]] => [
      name,
      [{ VersionId: randomUUID(), SecretString: `this-is-not-a-secret-of-any-deployment-${name}` }],
    ]),
  );
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request);
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  /** The two operations that the functions use. */
  async function answer(request: IncomingMessage) {
    const input: unknown = JSON.parse(await text(request));
    const { SecretId } = getSchema.parse(input);
    const versions = secrets.get(SecretId);
    if (versions === undefined) return fault('ResourceNotFoundException');
    if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
      return { status: 200, body: { Name: SecretId, ...versions.at(-1) } };
    }
    const { SecretString, ClientRequestToken: VersionId } = putSchema.parse(input);
    const sameToken = versions.find((version) => version.VersionId === VersionId);
    if (sameToken === undefined) versions.push({ VersionId, SecretString });
    else if (sameToken.SecretString !== SecretString) return fault('ResourceExistsException');
    return { status: 200, body: { Name: SecretId, VersionId } };
  }
}

function fault(__type: string) {
  return { status: 400, body: { __type, message: __type } };
}
