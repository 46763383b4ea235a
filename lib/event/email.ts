import { domainToASCII } from 'node:url';
import { Rejection } from './rejection.ts';

/** RFC 5321, section 4.5.3.1.3, without the angle brackets: the longest address for mail. */
const MAX_ADDRESS_CHARACTERS = 254;
/** RFC 5321, section 4.5.3.1.1. */
const MAX_LOCAL_PART_CHARACTERS = 64;
/** RFC 5322, section 3.2.3: a dot-atom. Quoted local parts and comments are rejected. */
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** RFC 1035, section 2.3.4 and RFC 3696, section 2: two or more labels, the last not all digits. */
const DOMAIN =
  /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/**
 * A domain whose ASCII form is the same text in lower case: without punycode, which other versions of
 * Node check, and without a number at its end. The tests compare it with `domainToASCII`. A mutant
 * that takes fewer domains changes nothing else than the time.
 */
// Stryker disable next-line Regex
const PLAIN_DOMAIN = /^(?:(?!xn--)[a-z\d-]+\.)+[a-z]+$/i;
/** Characters that the URL host parser would silently drop or decode. */
const NOT_IN_A_DOMAIN = /[\s%/\\?#:@[\]]|\p{Cc}|\p{Cf}/u;

/**
 * Reads an email address: one valid address, trimmed, in lower case, its domain in ASCII
 * (punycode).
 *
 * @param text what the sender put there
 * @param field the name of the field, for the message
 * @returns the address in the one form that names a contact, at most 254 characters
 * @throws {Rejection} 400
 */
export function parseEmail(text: string, field: string): string {
  const trimmed = text.trim();
  // Checked first: the conversion to punycode takes more than linear time.
  if (trimmed.length > MAX_ADDRESS_CHARACTERS) throw new Rejection('email_too_long', field);
  const at = trimmed.lastIndexOf('@');
  const localPart = trimmed.slice(0, Math.max(at, 0));
  const domain = toAscii(trimmed.slice(at + 1));
  const email = `${localPart.toLowerCase()}@${domain}`;
  if (email.length > MAX_ADDRESS_CHARACTERS) throw new Rejection('email_too_long', field);
  const isValid =
    localPart.length <= MAX_LOCAL_PART_CHARACTERS &&
    DOT_ATOM.test(localPart) &&
    DOMAIN.test(domain);
  if (!isValid) throw new Rejection('email_invalid', field);
  return email;
}

/** Without an ASCII form it is what was sent, or an empty text. `DOMAIN` takes neither. */
function toAscii(domain: string): string {
  // Stryker disable next-line ConditionalExpression
  if (PLAIN_DOMAIN.test(domain)) return domain.toLowerCase();
  return NOT_IN_A_DOMAIN.test(domain) ? domain : domainToASCII(domain);
}
