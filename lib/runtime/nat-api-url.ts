/**
 * The ports that `fetch` refuses, whatever listens there: the "bad ports" of
 * https://fetch.spec.whatwg.org/#port-blocking. A test compares the list with the `fetch` of Node.
 */
const BAD_PORTS = new Set(
  (
    '1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 ' +
    '113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 ' +
    '548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 ' +
    '6000 6566 6665 6666 6667 6668 6669 6679 6697 10080'
  )
    .split(' ')
    .map(Number),
);

/** This machine, as `URL` writes it: the local stack, where nothing can listen in. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** true if `fetch` refuses to call this port. */
export function isBadPort(port: number): boolean {
  return BAD_PORTS.has(port);
}

/**
 * Says why an address cannot be the one of Nat, without repeating it.
 *
 * @param text the setting NAT_API_URL
 * @returns undefined if nothing is wrong with it
 */
export function problemOfNatApiUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://nat.example/identify';
  const { protocol, hostname, port, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https://';
  if (username !== '' || password !== '') return 'must not have a user name or a password in it';
  if (protocol === 'http:' && !LOOPBACK.test(hostname)) {
    return 'must begin with https://, because http is only for localhost';
  }
  if (isBadPort(Number(port))) return 'has a port that fetch refuses to call: use another one';
  return undefined;
}
