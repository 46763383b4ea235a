import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecrets } from '../../lib/runtime/secrets.ts';
import { hashOfApiKey, newApiKey } from '../../lib/workspaces/api-key.ts';

const SECRET = 'a deployment secret of 32 chars!';
const secrets = createSecrets(SECRET);
const PURPOSE = 'acme natApiKey';

describe('the deployment secret', () => {
  it('is refused under 32 characters, without being repeated', () => {
    const short = SECRET.slice(1);
    expect(short).toHaveLength(31);

    expect(() => createSecrets(short)).toThrow(
      /^DEPLOYMENT_SECRET: must have at least 32 characters$/,
    );
  });

  it('is taken with exactly 32', () => {
    expect(SECRET).toHaveLength(32);

    expect(createSecrets(SECRET).unseal(secrets.seal('x', PURPOSE), PURPOSE)).toBe('x');
  });
});

describe('seal and unseal', () => {
  it('give any text back', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(text, fc.string({ unit: 'grapheme' }), (plain, purpose) => {
        expect(secrets.unseal(secrets.seal(plain, purpose), purpose)).toBe(plain);
      }),
    );
  });

  it('hide the text, and never give the same twice', () => {
    const [one, other] = [secrets.seal('nat-key', PURPOSE), secrets.seal('nat-key', PURPOSE)];

    expect(one).not.toBe(other);
    expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain('nat-key');
  });

  it('refuse another purpose', () => {
    const sealed = secrets.seal('nat-key', PURPOSE);

    expect(() => secrets.unseal(sealed, 'acme sharedSecret')).toThrow(Error);
    expect(() => secrets.unseal(sealed, 'other natApiKey')).toThrow(Error);
  });

  it('refuse what another secret sealed', () => {
    const other = createSecrets(`${SECRET}!`);

    expect(() => other.unseal(secrets.seal('nat-key', PURPOSE), PURPOSE)).toThrow(Error);
  });

  it('refuse a change to any byte: of IV, tag or ciphertext', () => {
    const sealed = Buffer.from(secrets.seal('nat-key', PURPOSE), 'base64url');
    expect(sealed).toHaveLength(12 + 16 + 'nat-key'.length);

    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => secrets.unseal(changed.toString('base64url'), PURPOSE)).toThrow(Error);
    }
  });

  it('refuse a text that was cut anywhere', () => {
    const sealed = Buffer.from(secrets.seal('nat-key', PURPOSE), 'base64url');

    for (let length = 0; length < sealed.length; length += 1) {
      const cut = sealed.subarray(0, length).toString('base64url');
      expect(() => secrets.unseal(cut, PURPOSE)).toThrow(Error);
    }
  });
});

describe('the contact key', () => {
  const key = secrets.contactKey('acme', 'peter@example.com');

  it('is the same for the same contact, also after a restart', () => {
    expect(createSecrets(SECRET).contactKey('acme', 'peter@example.com')).toBe(key);
  });

  it('is 43 characters that do not show the address', () => {
    expect(key).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    ['workspace', secrets.contactKey('other', 'peter@example.com')],
    ['contact', secrets.contactKey('acme', 'paul@example.com')],
    ['deployment', createSecrets(`${SECRET}!`).contactKey('acme', 'peter@example.com')],
    ['split of the same characters', secrets.contactKey('acmep', 'eter@example.com')],
  ])('differs per %s', (_what, other) => {
    expect(other).not.toBe(key);
  });
});

describe('API keys', () => {
  it('are stored as their SHA-256', () => {
    // FIPS 180-2, appendix B.1
    expect(hashOfApiKey('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('are different every time, with 43 characters and no colon', () => {
    const [one, other] = [newApiKey(), newApiKey()];

    expect(one).toMatch(/^[\w-]{43}$/);
    expect(other).not.toBe(one);
  });
});
