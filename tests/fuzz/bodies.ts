import { readdirSync, readFileSync } from 'node:fs';
import type { Random } from '../simulation/random.ts';
import { isHolder, mutate } from './mutations.ts';
import { asJson, NAMES, someTimestamp, someValue } from './values.ts';

const FOLDER = new URL('../events/', import.meta.url);
const FILES = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));
/** The example on Nat's page that is not JSON, unchanged. */
const PRINTED = FILES.filter((text) => parse(text) === undefined).join('\n');
const PARSED = FILES.map(parse).filter((body) => isHolder(body));
/** All events, those of batches included, as JSON in which addresses and times are replaced. */
const EVENTS = PARSED.flatMap((body) => (Array.isArray(body.batch) ? body.batch : [body])).map(
  (event) => JSON.stringify(event),
);
const ENVELOPES = PARSED.filter((body) => Array.isArray(body.batch));

const ADDRESS = /[\w.]+@[\w.]+/g;
const INSTANT = /20\d\d-[\d:T.-]+Z/g;
const FIXED_CONTACTS = 30;
const MOST_EVENTS = `[${'0,'.repeat(3999)}0]`;
const TOO_MANY_EVENTS = `[${'0,'.repeat(4000)}0]`;

/**
 * Makes the text of a body: mostly a real one with a few changes.
 *
 * @param seed part of the addresses, so that no other input has the same contacts
 */
export function someBody(random: Random, seed: number): string {
  const dice = random.next();
  if (dice < 0.0002) return random.pick([MOST_EVENTS, TOO_MANY_EVENTS]);
  if (dice < 0.01) return PRINTED;
  if (dice < 0.04) return asJson(someValue(random), random);
  if (dice < 0.06) return noise(random).toString('utf8');
  const text = dice < 0.6 ? asJson(someEvent(random, seed), random) : someBatch(random, seed);
  return random.chance(0.03) ? repeatField(text, random) : text;
}

/** Makes random bytes. */
export function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.int(80) }, () => random.int(256)));
}

function someBatch(random: Random, seed: number): string {
  const length = random.chance(0.01) ? 120 : random.int(7);
  const events = Array.from({ length }, () => someEvent(random, seed));
  const repeated = events[random.int(length)];
  if (repeated !== undefined && random.chance(0.4)) events.push(repeated);
  if (random.chance(0.4)) return asJson(events, random);
  const envelope = structuredClone(ENVELOPES[random.int(ENVELOPES.length)] ?? {});
  const body = { ...envelope, batch: random.chance(0.97) ? events : someValue(random) };
  if (random.chance(0.1)) mutate(body, random);
  return asJson(body, random);
}

function someEvent(random: Random, seed: number): unknown {
  if (random.chance(0.01)) return someValue(random);
  const address = random.chance(0.6)
    ? `contact-${seed.toString(36)}-${random.int(3)}@fuzzed.example`
    : `contact-${random.int(FIXED_CONTACTS)}@fuzzed.example`;
  const text = (EVENTS[random.int(EVENTS.length)] ?? '')
    .replaceAll(ADDRESS, address)
    .replaceAll(INSTANT, someTimestamp(random));
  const event: unknown = JSON.parse(text);
  if (!isHolder(event)) return event;
  const mutations = random.chance(0.3) ? 0 : 1 + random.int(4);
  for (let n = 0; n < mutations; n += 1) mutate(event, random);
  return event;
}

/** Writes a field twice, which is possible in JSON but not in a JavaScript object. */
function repeatField(text: string, random: Random): string {
  const from = text.indexOf('{', random.int(text.length));
  if (from < 0) return text;
  const field = `${JSON.stringify(random.pick(NAMES))}:${asJson(someValue(random), random)}`;
  const isEmpty = text[from + 1] === '}';
  return `${text.slice(0, from + 1)}${field}${isEmpty ? '' : ','}${text.slice(from + 1)}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
