import { readTimestampNaively } from './naive-timestamp.ts';
import { Ended, endUnknown, reject } from './naive-verdict.ts';

/**
 * Reads events as Nat's page and the design describe: slowly, without regular expressions and without
 * code of `lib`. Where it and `lib/event/normalize.ts` differ, one of them is wrong.
 */

/** The settings of a workspace, and the current time. */
export interface NaiveSettings {
  standardMessage: string;
  /** The calendar day of a timestamp (ms since the epoch) there; undefined if it is not known. */
  dayOf: (timestamp: number) => string | undefined;
  /** ms since the epoch */
  now: number;
}

/** `unknown`: the domain needs the algorithm of punycode, or the day is not known. */
export type Reading =
  | { email: string; timestamp: string; day: string; description: string; format: string }
  | 'rejected'
  | 'ignored'
  | 'unknown';

/** Labels that are not ASCII and their punycode, from the examples of RFC 3492. */
export const PUNYCODE = new Map([
  ['bücher', 'xn--bcher-kva'],
  ['例え', 'xn--r8jz45g'],
  ['straße', 'xn--strae-oqa'],
]);

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const ATOM = `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}!#$%&'*+-/=?^_\`{|}~`;
const DAY_MS = 24 * 60 * 60 * 1000;

/** @param event one event as parsed from JSON; its field names in any casing, each once */
export function readNaively(event: unknown, settings: NaiveSettings): Reading {
  try {
    return read(event, settings);
  } catch (error) {
    if (error instanceof Ended) return error.outcome;
    throw error;
  }
}

function read(event: unknown, { standardMessage, dayOf, now }: NaiveSettings): Reading {
  const type = textIn(event, 'type') ?? reject();
  if (type.toLowerCase() !== 'identify') throw new Ended('ignored');
  const [traits, page, context] = ['traits', 'page', 'context'].map((name) => fieldIn(event, name));
  const nested = textIn(traits, 'email');
  const nestedDeeper = textIn(fieldIn(context, 'traits'), 'email');
  const topLevel = textIn(event, 'email');
  const name = textIn(event, 'event');
  const urls = [textIn(page, 'url'), textIn(fieldIn(context, 'page'), 'url'), textIn(event, 'url')];
  const when = textIn(event, 'timestamp');
  const original = textIn(event, 'originalTimestamp');

  const email = addressIn(nested ?? nestedDeeper ?? topLevel ?? reject());
  const ms = timeOf(when, original, () => hintsIn(event, now));
  if (ms > now + DAY_MS) reject();
  const said = [...urls, name].find((one) => one !== undefined && one.trim() !== '');
  if (said?.isWellFormed() === false) reject();
  const cut = said?.slice(0, 2048);
  const hasName = name !== undefined && name.trim() !== '';
  const alternative = hasName ? 'event_name' : 'top_level';
  return {
    email,
    timestamp: new Date(ms).toISOString(),
    day: dayOf(ms) ?? endUnknown(),
    description: (cut?.isWellFormed() === false ? cut.slice(0, -1) : cut) ?? standardMessage,
    format: nested === undefined && nestedDeeper === undefined ? alternative : 'recommended',
  };
}

/** `timestamp` as it is, else `originalTimestamp`, corrected for the clock of its device. */
function timeOf(
  when: string | undefined,
  original: string | undefined,
  hints: () => { sentMs: number | undefined; receivedMs: number },
): number {
  const [whenMs, originalMs] = [when, original].map((text) =>
    text === undefined ? undefined : withoutUnset(readTimestampNaively(text.trim())),
  );
  if (whenMs !== undefined) return whenMs;
  if (originalMs === undefined) return reject();
  const { sentMs, receivedMs } = hints();
  const isRight = sentMs === undefined || Math.abs(sentMs - receivedMs) <= 5 * 60 * 1000;
  if (isRight) return originalMs;
  const corrected = receivedMs - (sentMs - originalMs);
  // Nobody sent events before 1970.
  return corrected < 0 ? originalMs : corrected;
}

/** When it was sent and received; a wrong time is none. */
function hintsIn(event: unknown, now: number) {
  const timeIn = (name: string): number | undefined => {
    try {
      const value = textIn(event, name);
      return value === undefined ? undefined : withoutUnset(readTimestampNaively(value.trim()));
    } catch {
      return undefined;
    }
  };
  return { sentMs: timeIn('sentAt'), receivedMs: timeIn('receivedAt') ?? now };
}

/** The first moment of year 1, and of Unix, stand for no time. */
function withoutUnset(ms: number): number | undefined {
  return ms === 0 || ms === -62_135_596_800_000 ? undefined : ms;
}

/** A field of an object; the object may be absent. Null, blank text and equal repeats do not count. */
function fieldIn(holder: unknown, wanted: string): unknown {
  if (holder === undefined || (Array.isArray(holder) && holder.length === 0)) return undefined;
  if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) return reject();
  const lower = wanted.toLowerCase();
  const found = Object.entries(holder)
    .filter(([name]) => name.toLowerCase() === lower)
    .map(([, value]) => value)
    .filter((value) => value !== null && !(typeof value === 'string' && value.trim() === ''));
  if (new Set(found.map((value) => JSON.stringify(value))).size > 1) reject();
  return found[0];
}

function textIn(holder: unknown, wanted: string): string | undefined {
  const value = fieldIn(holder, wanted);
  return value === undefined || typeof value === 'string' ? value : reject();
}

function addressIn(value: string): string {
  const pieces = value.trim().split('@');
  const [local = '', domain = ''] = pieces;
  if (pieces.length !== 2 || local.length > 64) reject();
  for (const atom of local.split('.')) {
    if (atom === '' || [...atom].some((char) => !ATOM.includes(char))) reject();
  }
  const labels = domain.toLowerCase().split('.').map(asciiLabel);
  const address = `${local.toLowerCase()}@${labels.join('.')}`;
  const last = labels.at(-1) ?? '';
  if (labels.length < 2 || [...last].every((char) => DIGITS.includes(char))) reject();
  return Math.max(address.length, value.trim().length) > 254 ? reject() : address;
}

function asciiLabel(label: string): string {
  const known = PUNYCODE.get(label);
  if (known !== undefined) return known;
  const chars = [...label];
  if (chars.some((char) => char > '\x7f')) endUnknown();
  if (chars.some((char) => !`${LETTERS}${DIGITS}-`.includes(char))) reject();
  const isPunycode = label.startsWith('xn--');
  if (isPunycode && ![...PUNYCODE.values()].includes(label)) endUnknown();
  const wrong = label === '' || label.length > 63 || label.startsWith('-') || label.endsWith('-');
  return wrong ? reject() : label;
}
