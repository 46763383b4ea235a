/**
 * Reads the API key from an `Authorization` header: HTTP Basic with the key as user name and no
 * password, which Segment and its SDKs send, or a Bearer token.
 *
 * @param header the header's value, if it was sent
 * @returns the key; undefined if the header is missing or has another form
 */
export function readApiKey(header: string | undefined): string | undefined {
  const [, scheme, credentials] = /^(basic|bearer) +(\S+)$/i.exec(header?.trim() ?? '') ?? [];
  if (credentials === undefined) return undefined;
  return scheme?.toLowerCase() === 'bearer' ? credentials : readUserName(credentials);
}

function readUserName(credentials: string): string | undefined {
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const hasNoPassword = pair.indexOf(':') === pair.length - 1;
  return hasNoPassword && pair.length > 1 ? pair.slice(0, -1) : undefined;
}
