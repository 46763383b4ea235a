import { readInstantNaively } from './naive-timestamp.ts';
import { Ended, endUnknown, refuse } from './naive-verdict.ts';

/**
 * Nat's page and the design's "Formats", read a second time: slowly, without a regular expression
 * and without a line of `lib`. Where it and `lib/event/normalize.ts` differ, one of them is wrong.
 */

/** What a workspace and the present add to an event. */
export interface NaiveSettings {
  standardMessage: string;
  /** The calendar date of an instant (ms since the epoch) there; undefined if that is not known. */
  dayOf: (instant: number) => string | undefined;
  /** ms since the epoch */
  now: number;
}

/** `unknown`: a domain that only punycode's algorithm could judge, or a day that is not known. */
export type Reading =
  | { email: string; timestamp: string; day: string; description: string; format: string }
  | 'refused'
  | 'ignored'
  | 'unknown';

/** Labels that are not ASCII, and what they are in punycode: from RFC 3492's tables of examples. */
export const PUNYCODE = new Map([
  ['bücher', 'xn--bcher-kva'],
  ['例え', 'xn--r8jz45g'],
  ['straße', 'xn--strae-oqa'],
]);

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const ATOM = `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}!#$%&'*+-/=?^_\`{|}~`;
const DAY_MS = 24 * 60 * 60 * 1000;

/** @param event one event as parsed from JSON; its names may come in any casing, each once */
export function readNaively(event: unknown, settings: NaiveSettings): Reading {
  try {
    return read(event, settings);
  } catch (error) {
    if (error instanceof Ended) return error.outcome;
    throw error;
  }
}

function read(event: unknown, { standardMessage, dayOf, now }: NaiveSettings): Reading {
  const type = textIn(event, 'type') ?? refuse();
  if (type.toLowerCase() !== 'identify') throw new Ended('ignored');
  const [traits, page, context] = ['traits', 'page', 'context'].map((name) => fieldIn(event, name));
  const nested = textIn(traits, 'email');
  const nestedDeeper = textIn(fieldIn(context, 'traits'), 'email');
  const topLevel = textIn(event, 'email');
  const name = textIn(event, 'event');
  const urls = [textIn(page, 'url'), textIn(fieldIn(context, 'page'), 'url'), textIn(event, 'url')];
  const when = textIn(event, 'timestamp');
  const original = textIn(event, 'originalTimestamp');

  const email = addressIn(nested ?? nestedDeeper ?? topLevel ?? refuse());
  const instant = readInstantNaively((when ?? original ?? refuse()).trim());
  if (instant > now + DAY_MS) refuse();
  const said = [...urls, name].find((one) => one !== undefined && one.trim() !== '');
  if (said?.isWellFormed() === false) refuse();
  const cut = said?.slice(0, 2048);
  const hasName = name !== undefined && name.trim() !== '';
  const alternative = hasName ? 'event_name' : 'top_level';
  return {
    email,
    timestamp: new Date(instant).toISOString(),
    day: dayOf(instant) ?? endUnknown(),
    description: (cut?.isWellFormed() === false ? cut.slice(0, -1) : cut) ?? standardMessage,
    format: nested === undefined && nestedDeeper === undefined ? alternative : 'recommended',
  };
}

/** A field of an object that may be absent; null counts as absent. */
function fieldIn(holder: unknown, wanted: string): unknown {
  if (holder === undefined) return undefined;
  if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) return refuse();
  const lower = wanted.toLowerCase();
  const found = Object.entries(holder).filter(([name]) => name.toLowerCase() === lower);
  if (found.length > 1) refuse();
  return found[0]?.[1] ?? undefined;
}

function textIn(holder: unknown, wanted: string): string | undefined {
  const value = fieldIn(holder, wanted);
  return value === undefined || typeof value === 'string' ? value : refuse();
}

function addressIn(value: string): string {
  const pieces = value.trim().split('@');
  const [local = '', domain = ''] = pieces;
  if (pieces.length !== 2 || local.length > 64) refuse();
  for (const atom of local.split('.')) {
    if (atom === '' || [...atom].some((char) => !ATOM.includes(char))) refuse();
  }
  const labels = domain.toLowerCase().split('.').map(asciiLabel);
  const address = `${local.toLowerCase()}@${labels.join('.')}`;
  const last = labels.at(-1) ?? '';
  if (labels.length < 2 || [...last].every((char) => DIGITS.includes(char))) refuse();
  return Math.max(address.length, value.trim().length) > 254 ? refuse() : address;
}

function asciiLabel(label: string): string {
  const known = PUNYCODE.get(label);
  if (known !== undefined) return known;
  const chars = [...label];
  if (chars.some((char) => char > '\x7f')) endUnknown();
  if (chars.some((char) => !`${LETTERS}${DIGITS}-`.includes(char))) refuse();
  const isPunycode = label.startsWith('xn--');
  if (isPunycode && ![...PUNYCODE.values()].includes(label)) endUnknown();
  const wrong = label === '' || label.length > 63 || label.startsWith('-') || label.endsWith('-');
  return wrong ? refuse() : label;
}
