import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SignedRequest, verifySignature } from '../../lib/intake/verify-signature.ts';
import type { Workspace } from '../../lib/workspaces/workspaces.ts';
import { secretSource, secrets } from '../in-process/secrets.ts';
import { rejected } from './rejected.ts';

const TEXT = '{"type":"identify"}';
const RAW_BODY = Buffer.from(TEXT);
const SHARED_SECRET = 'shared between Acme and us';

const acme: Workspace = {
  key: 'hash of a key',
  id: 'acme',
  name: 'Acme',
  status: 'active',
  timeZone: 'UTC',
  standardMessage: 'Used the product',
  contactsNamedBy: secrets.contacts.fingerprint,
  natApiKey: secrets.natKeys.seal('nat-key', 'acme natApiKey'),
  createdAt: '2026-01-01T00:00:00.000Z',
};
const signedBy = (secret: string): Workspace => ({
  ...acme,
  sharedSecret: secrets.signatures.seal(secret, 'acme sharedSecret'),
});

const verify = (request: Partial<SignedRequest>, workspace = signedBy(SHARED_SECRET)) =>
  verifySignature(
    { signature: undefined, rawBody: RAW_BODY, body: JSON.parse(TEXT), ...request },
    workspace,
    secretSource,
  );
const signatureOf = (content: Uint8Array | string, secret = SHARED_SECRET) =>
  createHmac('sha1', secret).update(content).digest('hex');

describe('X-Signature, for a workspace with a shared secret', () => {
  it('is the hex HMAC-SHA1 of the raw body', async () => {
    await expect(verify({ signature: signatureOf(RAW_BODY) })).resolves.toBeUndefined();
    await expect(
      verify({ signature: signatureOf(RAW_BODY).toUpperCase() }),
    ).resolves.toBeUndefined();
  });

  it('is the HMAC-SHA1 that RFC 2202 has in its second test case', async () => {
    const rawBody = Buffer.from('what do ya want for nothing?');
    const signature = 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79';

    await expect(verify({ signature, rawBody }, signedBy('Jefe'))).resolves.toBeUndefined();
  });

  it('is of the bytes as they were sent, packed or not', async () => {
    const rawBody = Buffer.from([0x1f, 0x8b, 0xff, 0x00, 0xfe]);

    await expect(verify({ rawBody, signature: signatureOf(rawBody) })).resolves.toBeUndefined();
  });

  it('may be that of the first event of an array, as Segment signs a batch', async () => {
    const [first, second] = ['{"b":"ü\\ud83d","2":1e21,"1":-0.5}', '{"type":"track"}'];
    const rawBody = Buffer.from(`[${first},${second}]`);
    const body: unknown = JSON.parse(rawBody.toString());
    const sent = JSON.stringify(JSON.parse(first ?? ''));

    await expect(verify({ rawBody, body, signature: signatureOf(sent) })).resolves.toBeUndefined();
    for (const wrong of [second ?? '', `[${sent}]`]) {
      await expect(verify({ rawBody, body, signature: signatureOf(wrong) })).rejects.toEqual(
        rejected('signature_wrong'),
      );
    }
  });

  it.each([
    ['an empty array', '[]'],
    [
      'a first event that is nested too deeply to be written',
      `[${'['.repeat(1e5)}${']'.repeat(1e5)}]`,
    ],
  ])('is rejected for %s', async (_what, text) => {
    const body: unknown = JSON.parse(text);
    await expect(verify({ body, signature: signatureOf('x') })).rejects.toEqual(
      rejected('signature_wrong'),
    );
  });

  it('is rejected for a part of what is no array', async () => {
    const body = { 0: { type: 'identify' } };
    await expect(
      verify({ body, signature: signatureOf(TEXT), rawBody: Buffer.from('x') }),
    ).rejects.toEqual(rejected('signature_wrong'));
  });

  it('is rejected when it is missing', async () => {
    await expect(verify({})).rejects.toEqual(rejected('signature_missing'));
  });

  it.each([
    ['empty', ''],
    ['of another body', signatureOf('{"type":"track"}')],
    ['by another secret', signatureOf(RAW_BODY, 'guessed')],
    ['cut short', signatureOf(RAW_BODY).slice(0, -2)],
    ['longer', `${signatureOf(RAW_BODY)}00`],
    ['with something that is not hex behind it', `${signatureOf(RAW_BODY)}zz`],
    ['with something in front of it', `z${signatureOf(RAW_BODY)}`],
    ['not hex', 'z'.repeat(40)],
    ['in base64', Buffer.from(signatureOf(RAW_BODY), 'hex').toString('base64')],
  ])('is rejected when it is %s', async (_what, signature) => {
    await expect(verify({ signature })).rejects.toEqual(rejected('signature_wrong'));
  });

  it('is not needed where no secret is shared', async () => {
    await expect(verify({ signature: 'whatever' }, acme)).resolves.toBeUndefined();
    await expect(verify({}, acme)).resolves.toBeUndefined();
  });
});
