import { domainToASCII } from 'node:url';
import { Rejection, seen } from './rejection.ts';

/** RFC 5321, section 4.5.3.1.3 less the angle brackets: the longest address mail can be sent to. */
const MAX_ADDRESS_CHARACTERS = 254;
/** RFC 5321, section 4.5.3.1.1. */
const MAX_LOCAL_PART_CHARACTERS = 64;
/** RFC 5322, section 3.2.3: a dot-atom. Quoted local parts and comments are refused. */
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** RFC 1035, section 2.3.4 and RFC 3696, section 2: two labels or more, the last not all digits. */
const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** What the URL host parser would silently drop or decode instead of refusing. */
const NOT_IN_A_DOMAIN = /[\s%/\\?#:@[\]]|\p{Cc}|\p{Cf}/u;

/**
 * Reads an email address: one valid address, trimmed, lowercased, its domain in ASCII (punycode).
 *
 * @param value what the sender put there
 * @param field the field's name, for the message
 * @returns the address in the one form that names a contact, at most 254 characters
 * @throws {Rejection} 400 that says what is wrong without repeating the value
 */
export function parseEmail(value: string, field: string): string {
  const trimmed = value.trim();
  const at = trimmed.lastIndexOf('@');
  const localPart = trimmed.slice(0, Math.max(at, 0));
  const domain = at < 0 ? '' : asciiDomain(trimmed.slice(at + 1));
  const email = `${localPart.toLowerCase()}@${domain}`;
  const length = Math.max(trimmed.length, email.length);
  if (length > MAX_ADDRESS_CHARACTERS) {
    throw new Rejection('email_length', field, `${length}`);
  }
  const valid =
    localPart.length <= MAX_LOCAL_PART_CHARACTERS &&
    DOT_ATOM.test(localPart) &&
    DOMAIN.test(domain);
  if (!valid) throw new Rejection('email', field, seen(value));
  return email;
}

function asciiDomain(domain: string): string {
  return NOT_IN_A_DOMAIN.test(domain) ? '' : domainToASCII(domain.toLowerCase());
}
