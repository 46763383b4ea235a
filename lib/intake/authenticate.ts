import * as v from 'valibot';
import { Rejection } from '../event/rejection.ts';
import { parseIfValid } from '../runtime/parse-if-valid.ts';
import type { Workspace, Workspaces } from '../workspaces/workspaces.ts';

/**
 * Finds the workspace that an API key belongs to.
 *
 * @param apiKey the key; undefined if the request has none
 * @param workspaces the customers
 * @param now the present, ms since the epoch
 * @throws {Rejection} 401 if the key is missing or unknown, 403 if its workspace is disabled
 */
export async function authenticate(
  apiKey: string | undefined,
  workspaces: Pick<Workspaces, 'findByApiKey'>,
  now: number,
): Promise<Workspace> {
  if (apiKey === undefined) throw new Rejection('api_key_missing');
  // The lookup is by the hash of the key, so its duration tells nothing about the keys that exist.
  const workspace = await workspaces.findByApiKey(apiKey, now);
  if (workspace === undefined) throw new Rejection('api_key_unknown');
  if (workspace.status === 'disabled') throw new Rejection('workspace_disabled');
  return workspace;
}

/**
 * Reads the API key of the header `Authorization`. Segment and its SDKs send it as user name of
 * HTTP Basic, without a password.
 *
 * @param authorization the header
 * @returns undefined if it has none
 */
export function readAuthorization(authorization: string): string | undefined {
  const header = authorization.trim();
  const bearer = /^bearer +(\S+)$/i.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^basic +(\S+)$/i.exec(header)?.[1] ?? '';
  const [userName] = Buffer.from(basic, 'base64').toString().split(':');
  return userName === '' ? undefined : userName;
}

/**
 * Reads the API key in `writeKey` of the body, where Segment's HTTP API documents it and several
 * SDKs send it.
 *
 * @param body the body as parsed from JSON
 * @returns undefined if it has none
 */
export function readWriteKey(body: unknown): string | undefined {
  return parseIfValid(writeKeySchema, body)?.writeKey;
}

const writeKeySchema = v.object({ writeKey: v.pipe(v.string(), v.minLength(1)) });
