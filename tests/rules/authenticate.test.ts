import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authenticate, type Credentials } from '../../lib/intake/authenticate.ts';
import { createSecrets } from '../../lib/runtime/secrets.ts';
import { hashOfApiKey } from '../../lib/workspaces/api-key.ts';
import type { Workspace, Workspaces } from '../../lib/workspaces/workspaces.ts';
import { rejected } from './rejected.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const KEY = 'natkey_123';
const WIRE = Buffer.from('{"type":"identify"}');
const secrets = createSecrets('a deployment secret of 32 chars!');
const SHARED_SECRET = 'shared between Acme and us';

const acme: Workspace = {
  key: hashOfApiKey(KEY),
  id: 'acme',
  name: 'Acme',
  status: 'active',
  timeZone: 'UTC',
  standardMessage: 'Used the product',
  natApiKey: secrets.seal('nat-key', 'acme natApiKey'),
  createdAt: '2026-01-01T00:00:00.000Z',
};
const signed: Workspace = {
  ...acme,
  sharedSecret: secrets.seal(SHARED_SECRET, 'acme sharedSecret'),
};

/** Only the look-up by key is there: authenticating may need nothing else. */
function holding(workspace: Workspace): Workspaces {
  const unused = async (): Promise<never> => {
    throw new Error('authenticate has no business here');
  };
  return {
    findByApiKey: async (apiKey) => (apiKey === KEY ? workspace : undefined),
    findById: unused,
    recordsOf: unused,
    add: unused,
    update: unused,
    markNatKeyRejected: unused,
    list: unused,
  };
}

function knock(workspace: Workspace, credentials: Partial<Credentials>): Promise<Workspace> {
  const asked = { authorization: undefined, signature: undefined, rawBody: WIRE, ...credentials };
  return authenticate(asked, holding(workspace), secrets, NOW);
}

const basic = (userInfo: string) => `Basic ${Buffer.from(userInfo).toString('base64')}`;
const signatureOf = (rawBody: Uint8Array, secret = SHARED_SECRET) =>
  createHmac('sha1', secret).update(rawBody).digest('hex');

describe('Authorization', () => {
  it.each([
    ['Basic, as Segment and its SDKs send it', basic(`${KEY}:`)],
    ['Basic with a password, which does not matter', basic(`${KEY}:secret`)],
    ['basic in lower case', basic(`${KEY}:`).replace('Basic', 'basic')],
    ['BASIC in capitals', basic(`${KEY}:`).replace('Basic', 'BASIC')],
    ['Bearer', `Bearer ${KEY}`],
    ['bearer in lower case', `bearer ${KEY}`],
    ['BEARER in capitals', `BEARER ${KEY}`],
    ['space around and between', `  Bearer   ${KEY} `],
  ])('opens the workspace: %s', async (_what, authorization) => {
    await expect(knock(acme, { authorization })).resolves.toBe(acme);
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
  ])('is 401 when it is %s', async (_what, authorization) => {
    await expect(knock(acme, { authorization })).rejects.toThrow(
      rejected(401, /^Authorization: expected Basic with the API key as user name, or Bearer/),
    );
  });

  it.each([
    ['unknown', 'Bearer wrong'],
    ['unknown, as Basic', basic('wrong:')],
    ['in another casing', `Bearer ${KEY.toUpperCase()}`],
    ['as Basic but not in base64', `Basic ${KEY}:`],
    ['as Bearer but in base64', basic(`${KEY}:`).replace('Basic', 'Bearer')],
  ])('is 401 with a key %s, which is not repeated', async (_what, authorization) => {
    await expect(knock(acme, { authorization })).rejects.toThrow(
      rejected(
        401,
        /^Authorization: expected an API key that is known and not revoked, got another$/,
      ),
    );
  });

  it('is 403 for a disabled workspace', async () => {
    const disabled: Workspace = { ...acme, status: 'disabled' };

    await expect(knock(disabled, { authorization: `Bearer ${KEY}` })).rejects.toThrow(
      rejected(403, /^Authorization: expected the API key of a workspace that is not disabled/),
    );
  });
});

describe('X-Signature, for a workspace with a shared secret', () => {
  const authorization = `Bearer ${KEY}`;

  it('opens it as the hex HMAC-SHA1 of the raw body', async () => {
    await expect(knock(signed, { authorization, signature: signatureOf(WIRE) })).resolves.toBe(
      signed,
    );
  });

  it('is the HMAC-SHA1 that RFC 2202 has in its second test case', async () => {
    const jefe: Workspace = { ...acme, sharedSecret: secrets.seal('Jefe', 'acme sharedSecret') };
    const rawBody = Buffer.from('what do ya want for nothing?');
    const signature = 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79';

    await expect(knock(jefe, { authorization, signature, rawBody })).resolves.toBe(jefe);
  });

  it('is of the bytes as sent, UTF-8 or not', async () => {
    const rawBody = Buffer.from([0x1f, 0x8b, 0xff, 0x00, 0xfe]);

    await expect(
      knock(signed, { authorization, rawBody, signature: signatureOf(rawBody) }),
    ).resolves.toBe(signed);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['of another body', signatureOf(Buffer.from('{"type":"track"}'))],
    ['by another secret', signatureOf(WIRE, 'guessed')],
    ['cut short', signatureOf(WIRE).slice(0, -2)],
    ['longer', `${signatureOf(WIRE)}00`],
    ['with something that is not hex behind it', `${signatureOf(WIRE)}zz`],
    ['not hex', 'z'.repeat(40)],
    ['in base64', Buffer.from(signatureOf(WIRE), 'hex').toString('base64')],
  ])('is 401 when it is %s', async (_what, signature) => {
    await expect(knock(signed, { authorization, signature })).rejects.toThrow(
      rejected(
        401,
        /^X-Signature: expected the hex HMAC-SHA1 of the body under the shared secret, got (?:nothing|a string of length \d+)$/,
      ),
    );
  });

  it('does not stand in for the key', async () => {
    await expect(
      knock(signed, { authorization: 'Bearer wrong', signature: signatureOf(WIRE) }),
    ).rejects.toThrow(rejected(401, 'Authorization: expected an API key that is known'));
  });

  it('is not asked for where no secret is shared', async () => {
    await expect(knock(acme, { authorization, signature: 'whatever' })).resolves.toBe(acme);
  });
});
