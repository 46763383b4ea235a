import { Rejection } from '../event/rejection.ts';
import type { Workspace, Workspaces } from '../workspaces/workspaces.ts';

/**
 * Finds the workspace that the API key of a request belongs to.
 *
 * @param authorization the header `Authorization`
 * @param workspaces the customers
 * @param now the present, ms since the epoch
 * @throws {Rejection} 401 if the key is missing or unknown, 403 if its workspace is disabled
 */
export async function authenticate(
  authorization: string | undefined,
  workspaces: Pick<Workspaces, 'findByApiKey'>,
  now: number,
): Promise<Workspace> {
  const apiKey = readApiKey(authorization);
  if (apiKey === undefined) throw new Rejection('api_key_missing');
  // The lookup is by the hash of the key, so its duration tells nothing about the keys that exist.
  const workspace = await workspaces.findByApiKey(apiKey, now);
  if (workspace === undefined) throw new Rejection('api_key_unknown');
  if (workspace.status === 'disabled') throw new Rejection('workspace_disabled');
  return workspace;
}

/** Segment and its SDKs send the key as user name of HTTP Basic, without a password. */
function readApiKey(authorization: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization?.trim() ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [userName] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return userName === '' ? undefined : userName;
}
