import { createHmac, timingSafeEqual } from 'node:crypto';
import { Rejection, seen } from '../event/rejection.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Workspace, Workspaces } from '../workspaces/workspaces.ts';
import { firstEventIn } from './screen.ts';

/** Checked first: decoding would pass over what is not hex. */
const SHA1_HEX = /^[\da-f]{40}$/i;

/** What of a request says who sends it. */
export interface Credentials {
  /** The `Authorization` header. */
  authorization: string | undefined;
  /** The `X-Signature` header: hex HMAC-SHA1 of the body, or of the first event of an array. */
  signature: string | undefined;
  /** The bytes as they were sent. */
  rawBody: Uint8Array;
}

/**
 * Finds the workspace that a request's API key opens.
 *
 * @param now the present, ms since the epoch
 * @throws {Rejection} 401 if key or signature are missing or wrong, 403 if the workspace is disabled
 */
export async function authenticate(
  credentials: Credentials,
  workspaces: Pick<Workspaces, 'findByApiKey'>,
  secrets: Secrets,
  now: number,
): Promise<Workspace> {
  const apiKey = apiKeyIn(credentials.authorization);
  // Looked up by its hash, so how long it takes tells nothing about the keys there are.
  const workspace = await workspaces.findByApiKey(apiKey, now);
  if (workspace === undefined) throw new Rejection('api_key', 'Authorization', 'another');
  verifySignature(workspace, credentials, secrets);
  if (workspace.status === 'disabled') {
    throw new Rejection('disabled', 'Authorization', 'that of a disabled one');
  }
  return workspace;
}

/** Segment and its SDKs send the key as user name without a password. */
function apiKeyIn(authorization: string | undefined): string {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization?.trim() ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const [userName = ''] = Buffer.from(value, 'base64').toString('utf8').split(':');
      if (userName !== '') return userName;
    }
  }
  throw new Rejection('authorization', 'Authorization', seen(authorization));
}

/**
 * Segment's webhooks sign the body; of a batch, at present only its first event. See
 * docs/decisions.md for what that leaves open.
 */
function verifySignature(workspace: Workspace, credentials: Credentials, secrets: Secrets): void {
  if (workspace.sharedSecret === undefined) return;
  const secret = secrets.unseal(workspace.sharedSecret, `${workspace.id} sharedSecret`);
  const { signature = '', rawBody } = credentials;
  const given = Buffer.from(SHA1_HEX.test(signature) ? signature : '', 'hex');
  const signs = (content: Uint8Array | string) => {
    const expected = createHmac('sha1', secret).update(content).digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  if (signs(rawBody)) return;
  const firstEvent = firstEventIn(Buffer.from(rawBody).toString('utf8'));
  if (firstEvent !== undefined && signs(firstEvent)) return;
  throw new Rejection('signature', 'X-Signature', seen(credentials.signature));
}
