import { describe, expect, it } from 'vitest';
import { authenticate, readAuthorization, readWriteKey } from '../../lib/intake/authenticate.ts';
import { hashOfApiKey } from '../../lib/workspaces/api-key.ts';
import type { Workspace, Workspaces } from '../../lib/workspaces/workspaces.ts';
import { rejected } from './rejected.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const KEY = 'natkey_123';

const acme: Workspace = {
  key: hashOfApiKey(KEY),
  id: 'acme',
  name: 'Acme',
  status: 'active',
  timeZone: 'UTC',
  standardMessage: 'Used the product',
  contactsNamedBy: 'whatever',
  natApiKey: 'sealed',
  createdAt: '2026-01-01T00:00:00.000Z',
};

/** Only the look-up by key is there: authenticating may need nothing else. */
function holding(workspace: Workspace): Workspaces {
  const unused = async (): Promise<never> => {
    throw new Error('authenticate must not need this');
  };
  return {
    findByApiKey: async (apiKey) => (apiKey === KEY ? workspace : undefined),
    findById: unused,
    markNatKeyRejected: unused,
    unmarkNatKeyRejected: unused,
  };
}

function knock(workspace: Workspace, authorization: string | undefined): Promise<Workspace> {
  const apiKey = authorization === undefined ? undefined : readAuthorization(authorization);
  return authenticate(apiKey, holding(workspace), NOW);
}

const basic = (userInfo: string) => `Basic ${Buffer.from(userInfo).toString('base64')}`;

describe('Authorization', () => {
  it.each([
    ['Basic, as Segment and its SDKs send it', basic(`${KEY}:`)],
    ['Basic with a password, which does not matter', basic(`${KEY}:secret`)],
    ['Basic without the colon, as some SDKs send it', basic(KEY)],
    ['basic in lower case', basic(`${KEY}:`).replace('Basic', 'basic')],
    ['BASIC in capitals', basic(`${KEY}:`).replace('Basic', 'BASIC')],
    ['Bearer', `Bearer ${KEY}`],
    ['bearer in lower case', `bearer ${KEY}`],
    ['BEARER in capitals', `BEARER ${KEY}`],
    ['space around and between', `  Bearer   ${KEY} `],
    ['space around and between, as Basic', ` ${basic(KEY).replace(' ', '  ')} `],
  ])('opens the workspace: %s', async (_what, authorization) => {
    await expect(knock(acme, authorization)).resolves.toBe(acme);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['a bare key', KEY],
    ['Basic without anything', 'Basic'],
    ['Basic without a user name', basic(`:${KEY}`)],
    ['Bearer without anything', 'Bearer '],
    ['another scheme', `Digest ${KEY}`],
    ['two words after the scheme', `Bearer ${KEY} ${KEY}`],
    ['a word before Bearer', `x Bearer ${KEY}`],
    ['a word before Basic', `x ${basic(KEY)}`],
    ['two words after Basic', `${basic(KEY)} x`],
  ])('is 401 when it is %s', async (_what, authorization) => {
    await expect(knock(acme, authorization)).rejects.toThrow(rejected('api_key_missing'));
  });

  it.each([
    ['unknown', 'Bearer wrong'],
    ['unknown, as Basic', basic('wrong:')],
    ['in another casing', `Bearer ${KEY.toUpperCase()}`],
    ['as Basic but not in base64', `Basic ${KEY}:`],
    ['as Bearer but in base64', basic(`${KEY}:`).replace('Basic', 'Bearer')],
  ])('is 401 with a key %s, which is not repeated', async (_what, authorization) => {
    await expect(knock(acme, authorization)).rejects.toThrow(
      rejected('api_key_unknown', 'Unknown or revoked API key.'),
    );
  });

  it('is 403 for a disabled workspace', async () => {
    const disabled: Workspace = { ...acme, status: 'disabled' };

    await expect(knock(disabled, `Bearer ${KEY}`)).rejects.toThrow(rejected('workspace_disabled'));
  });
});

describe('writeKey, where there is no Authorization', () => {
  it('is read from the top level of the body', () => {
    expect(readWriteKey({ batch: [], writeKey: KEY })).toBe(KEY);
  });

  it.each([
    {},
    { writeKey: '' },
    { writeKey: 5 },
    { batch: [{ writeKey: KEY }] },
    [{ writeKey: KEY }],
    null,
    KEY,
  ])('is not in %j', (body) => {
    expect(readWriteKey(body)).toBeUndefined();
  });
});
