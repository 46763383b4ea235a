import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createContactNames, createSealer } from '../../lib/runtime/secrets.ts';
import { hashOfApiKey, newApiKey } from '../../lib/workspaces/api-key.ts';

const SECRET = 'a secret that has 32 characters!';
const NEWER = 'another secret of 32 characters!';
const sealer = createSealer([SECRET]);
const PURPOSE = 'acme natApiKey';

describe.each([
  ['seals', (secret: string) => createSealer([secret])],
  ['names contacts', createContactNames],
])('a secret that %s', (_, create) => {
  it('is refused under 32 characters, without being repeated', () => {
    const short = SECRET.slice(1);
    expect(short).toHaveLength(31);

    expect(() => create(short)).toThrow(/^a secret of the deployment has less than 32 characters$/);
  });

  it('is taken with exactly 32', () => {
    expect(SECRET).toHaveLength(32);

    expect(() => create(SECRET)).not.toThrow();
  });
});

it('nothing is sealed without a secret', () => {
  expect(() => createSealer([])).toThrow('there is no secret to seal with');
});

describe('seal and unseal', () => {
  it('give any text back', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(text, fc.string({ unit: 'grapheme' }), (plain, purpose) => {
        expect(sealer.unseal(sealer.seal(plain, purpose), purpose)).toBe(plain);
      }),
    );
  });

  it('hide the text, and never give the same twice', () => {
    const [one, other] = [sealer.seal('nat-key', PURPOSE), sealer.seal('nat-key', PURPOSE)];

    expect(one).not.toBe(other);
    expect(bytesOf(one).toString('latin1')).not.toContain('nat-key');
  });

  it('refuse another purpose', () => {
    const sealed = sealer.seal('nat-key', PURPOSE);

    expect(() => sealer.unseal(sealed, 'acme sharedSecret')).toThrow(Error);
    expect(() => sealer.unseal(sealed, 'other natApiKey')).toThrow(Error);
  });

  it('refuse what another secret sealed, also under the id of their own key', () => {
    const other = createSealer([NEWER]);
    const sealed = sealer.seal('nat-key', PURPOSE);

    expect(() => other.unseal(sealed, PURPOSE)).toThrow('sealed with a key that is not there');
    const [, bytes] = sealed.split('.');
    const [id] = other.seal('nat-key', PURPOSE).split('.');
    expect(() => other.unseal(`${id}.${bytes}`, PURPOSE)).toThrow(Error);
  });

  it('refuse a change to any byte: of IV, tag or ciphertext', () => {
    const sealed = sealer.seal('nat-key', PURPOSE);
    expect(bytesOf(sealed)).toHaveLength(12 + 16 + 'nat-key'.length);

    for (let at = 0; at < bytesOf(sealed).length; at += 1) {
      const changed = bytesOf(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => sealer.unseal(withBytes(sealed, changed), PURPOSE)).toThrow(Error);
    }
  });

  it('refuse a text that was cut anywhere', () => {
    const sealed = sealer.seal('nat-key', PURPOSE);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.unseal(sealed.slice(0, length), PURPOSE)).toThrow(Error);
    }
  });
});

describe('a new secret', () => {
  const rotated = createSealer([NEWER, SECRET]);

  it('seals from then on, and the former one still unseals', () => {
    const before = sealer.seal('nat-key', PURPOSE);
    const after = rotated.seal('nat-key', PURPOSE);

    expect([before, after].map((sealed) => rotated.unseal(sealed, PURPOSE))).toEqual([
      'nat-key',
      'nat-key',
    ]);
    expect([before, after].map(rotated.isNewest)).toEqual([false, true]);
    expect([before, after].map(rotated.canUnseal)).toEqual([true, true]);
    expect([before, after].map(sealer.canUnseal)).toEqual([true, false]);
  });
});

describe('the contact key', () => {
  const names = createContactNames(SECRET);
  const workspace = { id: 'acme', contactsNamedBy: names.fingerprint };
  const key = names.contactKey(workspace, 'peter@example.com');

  it('is the same for the same contact, also after a restart', () => {
    expect(createContactNames(SECRET).contactKey(workspace, 'peter@example.com')).toBe(key);
  });

  it('is 43 characters that do not show the address', () => {
    expect(key).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    ['workspace', names.contactKey({ ...workspace, id: 'other' }, 'peter@example.com')],
    ['contact', names.contactKey(workspace, 'paul@example.com')],
    [
      'split of the same characters',
      names.contactKey({ ...workspace, id: 'acmep' }, 'eter@example.com'),
    ],
  ])('differs per %s', (_what, other) => {
    expect(other).not.toBe(key);
  });

  it('is not computed with another secret: every contact would be accepted again', () => {
    const others = createContactNames(NEWER);

    expect(others.fingerprint).not.toBe(names.fingerprint);
    expect(names.fingerprint).toMatch(/^[\w-]{16}$/);
    expect(() => others.contactKey(workspace, 'peter@example.com')).toThrow(
      /^workspace acme: its contacts were named with another secret\. Restore /,
    );
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

function bytesOf(sealed: string): Buffer {
  return Buffer.from(sealed.split('.')[1] ?? '', 'base64url');
}

function withBytes(sealed: string, bytes: Buffer): string {
  return `${sealed.split('.')[0]}.${bytes.toString('base64url')}`;
}
