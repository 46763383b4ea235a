import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEmail } from '../../lib/event/email.ts';
import { Rejection } from '../../lib/event/rejection.ts';
import { outcomeOf, rejected } from './rejected.ts';

const parse = (value: string) => parseEmail(value, 'traits.email');
const label = (length: number) => 'd'.repeat(length);
const LONGEST_LOCAL_PART = 'l'.repeat(64);

/** 64 + 1 + 189 = 254 characters. */
const LONGEST = `${LONGEST_LOCAL_PART}@${label(63)}.${label(63)}.${label(61)}`;

describe('one valid address', () => {
  it.each([
    ['as it is', 'peter@example.com', 'peter@example.com'],
    ['trimmed', ' \t\r\npeter@example.com\u00a0 ', 'peter@example.com'],
    ['lowercased', 'John.DOE@Example.COM', 'john.doe@example.com'],
    ['with its plus tag', 'Peter+News@example.com', 'peter+news@example.com'],
    ['with its dots, which only the host may ignore', 'j.o.e@gmail.com', 'j.o.e@gmail.com'],
    ['with an umlaut in the domain', 'info@Bücher.example', 'info@xn--bcher-kva.example'],
    ['with a domain in capital umlauts', 'info@BÜCHER.example', 'info@xn--bcher-kva.example'],
    ['with a domain in punycode', 'info@XN--BCHER-KVA.example', 'info@xn--bcher-kva.example'],
    ['with a domain in Greek capitals', 'a@ΟΔΟΣ.ΕΛ', 'a@xn--pxavbq.xn--qxam'],
    ['with an umlaut behind a plain label', 'a@mail.müller.de', 'a@mail.xn--mller-kva.de'],
    ['with a domain that ends in Greek', 'a@example.ΕΛ', 'a@example.xn--qxam'],
    ['with a Japanese domain', 'a@例え.jp', 'a@xn--r8jz45g.jp'],
    ['with a full-width dot', 'a@例え。jp', 'a@xn--r8jz45g.jp'],
    [
      'with every character of a dot-atom',
      "a!#$%&'*+/=?^_`{|}~-@b.co",
      "a!#$%&'*+/=?^_`{|}~-@b.co",
    ],
    ['with a subdomain and digits', '007@mail.4711.example.org', '007@mail.4711.example.org'],
    ['with a domain that ends in a letter', 'a@b.c', 'a@b.c'],
    ['with a last label that begins with a digit', 'a@example.4you', 'a@example.4you'],
  ])('is taken %s', (_how, sent, expected) => {
    expect(parse(sent)).toBe(expected);
  });

  it.each([
    ['empty', ''],
    ['blank', '   '],
    ['without @', 'peter.example.com'],
    ['without local part', '@example.com'],
    ['without domain', 'peter@'],
    ['of two', 'peter@example.com, paul@example.com'],
    ['of two, joined by a space', 'peter@example.com paul@example.com'],
    ['of two, joined by a semicolon', 'peter@example.com;paul@example.com'],
    ['with two @', 'peter@paul@example.com'],
    ['with a display name', 'Peter <peter@example.com>'],
    ['as a link', 'mailto:peter@example.com'],
    ['with a quoted local part', '"peter"@example.com'],
    ['with a quoted local part with a space', '"peter pan"@example.com'],
    ['with a comment in front', '(boss)peter@example.com'],
    ['with a comment behind', 'peter@example.com(boss)'],
    ['with a comment in the domain', 'peter@(home)example.com'],
    ['with a leading dot', '.peter@example.com'],
    ['with a trailing dot', 'peter.@example.com'],
    ['with two dots in a row', 'pe..ter@example.com'],
    ['with a space inside', 'pe ter@example.com'],
    ['with a space in the domain', 'peter@exam ple.com'],
    ['with a line break', 'peter@example.com\nbcc:x@example.com'],
    ['with a null character', 'peter\0@example.com'],
    ['with a local part that is not ASCII', 'jörg@example.com'],
    ['with a Kelvin sign, whose lower case is k', '\u212aate@example.com'],
    ['with a lone surrogate', 'peter@\ud800.com'],
    ['with a number in hex at the end', 'peter@example.0x7f'],
    ['with a domain of one label', 'peter@localhost'],
    ['with a domain that ends in a dot', 'peter@example.com.'],
    ['with an empty label', 'peter@example..com'],
    ['with a label that starts with a hyphen', 'peter@-example.com'],
    ['with a label that ends in a hyphen', 'peter@example-.com'],
    ['with an underscore in the domain', 'peter@ex_ample.com'],
    ['at an IP address', 'peter@127.0.0.1'],
    ['at an IP address that ends in several digits', 'peter@10.0.0.25'],
    ['at an IP address in brackets', 'peter@[127.0.0.1]'],
    ['at a host with a port', 'peter@example.com:25'],
    ['at a percent-encoded domain', 'peter@ex%61mple.com'],
    ['with an invisible soft hyphen in the domain', 'peter@exam\u00adple.com'],
    ['with an invisible space in the domain', 'peter@exam\u200bple.com'],
  ])('is rejected when it is one %s', (_how, sent) => {
    expect(() => parse(sent)).toThrow(
      rejected('email_invalid', 'traits.email must be one email address'),
    );
  });
});

describe('at most 254 characters', () => {
  it('takes an address of exactly 254', () => {
    expect(LONGEST).toHaveLength(254);

    expect(parse(LONGEST)).toBe(LONGEST);
  });

  it('does not count what is trimmed', () => {
    expect(parse(`   ${LONGEST}   `)).toBe(LONGEST);
  });

  it('rejects one of 255', () => {
    expect(() => parse(`${LONGEST}d`)).toThrow(
      rejected('email_too_long', 'traits.email is longer than 254'),
    );
  });

  it.each([
    ['with a space', `a@${label(249)} .co`],
    ['at a number', `a@${label(248)}.0x7f`],
  ])('rejects one of 255 even if it is no address: %s', (_what, sent) => {
    expect(() => parse(sent)).toThrow(rejected('email_too_long', 'traits.email'));
  });

  it('counts the domain in its ASCII form', () => {
    // Each ü.-label of 2 characters becomes xn--tda. of 8.
    const sent = `peter@${'ü.'.repeat(40)}com`;
    expect(sent.length).toBeLessThan(254);

    expect(() => parse(sent)).toThrow(rejected('email_too_long', 'traits.email'));
  });

  it.each([
    ['a local part of 65', `l${LONGEST_LOCAL_PART}@example.com`],
    ['a label of 64', `peter@${label(64)}.com`],
  ])('rejects %s within it', (_what, sent) => {
    expect(() => parse(sent)).toThrow(rejected('email_invalid', 'traits.email'));
  });

  it('takes a local part of 64 and a label of 63', () => {
    const sent = `${LONGEST_LOCAL_PART}@${label(63)}.com`;

    expect(parse(sent)).toBe(sent);
  });
});

describe('whatever is sent', () => {
  const unicodeAddress = fc
    .tuple(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
    .map(([name, tail]) => `${name.slice(0, 8)}@${tail}.example`);
  const unicodeDomain = fc
    .tuple(
      fc.emailAddress(),
      fc.array(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), { minLength: 1 }),
    )
    .map(([address, labels]) => `${address.split('@')[0]}@${labels.join('.')}.example`);
  const anything = fc.oneof(fc.emailAddress(), unicodeAddress, unicodeDomain, fc.string());

  it('takes every address of plain ASCII, lowercased', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        expect(parse(address)).toBe(address.toLowerCase());
      }),
    );
  });

  it('gives an address that is parsed to itself, lowercase ASCII of at most 254', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const email = outcomeOf(() => parse(value));
        if (email instanceof Rejection) return;
        expect(parse(email)).toBe(email);
        expect(email).toMatch(/^[!-~]{3,254}$/);
        expect(email).toBe(email.toLowerCase());
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same contact for any casing and any space around it', () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\u00a0', '\ufeff') });
    fc.assert(
      fc.property(space, fc.mixedCase(fc.emailAddress()), space, (before, address, after) => {
        expect(parse(before + address + after)).toBe(address.toLowerCase());
      }),
    );
  });

  const letters = fc.constantFrom(...'abxn019-.0xü');
  const labels = fc.oneof(
    fc.string({ unit: letters, minLength: 1, maxLength: 70 }),
    fc.constantFrom('xn--bcher-kva', 'xn--a', 'a.xn--', 'b.xn--b.c'),
  );
  const ending = fc.constantFrom(
    'com',
    'x',
    '0x7f',
    '7',
    'c0m',
    'xn--qxam',
    'ελ',
    'xn--0',
    '-',
    '',
  );
  const domain = fc.tuple(labels, ending).map(([label, tld]) => `${label}.${tld}`);

  it('gives the same for a domain in lower case and in capitals, whatever it is', () => {
    fc.assert(
      fc.property(domain, (sent) => {
        const outcome = outcomeOf(() => parse(`peter@${sent}`));
        expect(outcome).toEqual(outcomeOf(() => parse(`peter@${sent.toUpperCase()}`)));
      }),
      { numRuns: 5000 },
    );
  });

  it('takes a domain as it takes its ASCII form by the URL standard', () => {
    fc.assert(
      fc.property(domain, (sent) => {
        const outcome = outcomeOf(() => parse(`peter@${sent}`));
        expect(outcome).toEqual(outcomeOf(() => parse(`peter@${domainToASCII(sent)}`)));
      }),
      { numRuns: 5000 },
    );
  });

  it('never repeats the value in the message', () => {
    const wrong = fc.constantFrom('..', ' ', '@', '"', '(', ',', '\0', 'ü', 'x'.repeat(300));
    fc.assert(
      fc.property(wrong, fc.boolean(), (part, inDomain) => {
        const [local, domain] = inDomain ? ['secret', `private${part}`] : [`secret${part}`, 'priv'];
        const outcome = outcomeOf(() => parse(`${local}x@y${domain}`));
        expect(outcome).toBeInstanceOf(Rejection);
        expect(String(outcome)).not.toMatch(/secret|priv/);
      }),
    );
  });
});
