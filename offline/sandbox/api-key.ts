/**
 * Reads the API key of an `Authorization` header: HTTP Basic with the key as user name and no
 * password (what Segment and its SDKs send), or a Bearer token.
 *
 * @param header the header's value, if it was sent
 * @returns the key, or undefined when there is none or it is in another form; never throws
 */
export const apiKeyOf = (header: string | undefined): string | undefined => {
  const match = /^(basic|bearer) +(\S+)$/i.exec(header?.trim() ?? '');
  const credentials = match?.[2];
  if (credentials === undefined) return undefined;
  return match?.[1]?.toLowerCase() === 'bearer' ? credentials : userNameOf(credentials);
};

const userNameOf = (credentials: string): string | undefined => {
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const onlyUserName = pair.indexOf(':') === pair.length - 1;
  return onlyUserName && pair.length > 1 ? pair.slice(0, -1) : undefined;
};
