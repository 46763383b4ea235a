import type { Random } from '../simulation/random.ts';
import { NAMES, someText, someValue } from './values.ts';

type Holder = { [name: string]: unknown };
/** A field, and the object that has it. */
interface Spot {
  holder: Holder;
  name: string;
}
type Mutation = (spot: Spot, random: Random) => void;

const ODD_CHARACTERS = ['\0', ' ', '@', '.', '\ud800', 'é', '\u200b', '"', '😀'] as const;

const MUTATIONS: [Mutation, ...Mutation[]] = [
  ({ holder, name }) => delete holder[name],
  (spot, random) => rename(spot, changeCasing(spot.name, random)),
  (spot, random) => rename(spot, changeCasing(spot.name, random)),
  (spot, random) => rename(spot, random.pick(NAMES)),
  ({ holder, name }, random) => put(holder, changeCasing(name, random), holder[name]),
  ({ holder }, random) => put(holder, random.pick(NAMES), someValue(random)),
  ({ holder, name }, random) => put(holder, name, someValue(random)),
  ({ holder, name }, random) => put(holder, name, someText(random)),
  ({ holder, name }) => put(holder, name, [holder[name]]),
  ({ holder, name }, random) => put(holder, name, { [random.pick(NAMES)]: holder[name] }),
  ({ holder, name }, random) => put(holder, name, edit(holder[name], random)),
  ({ holder, name }, random) => put(holder, name, edit(holder[name], random)),
];

/** Changes a parsed event at one random place. */
export function mutate(event: Holder, random: Random): void {
  const spots: Spot[] = [];
  collect(event, spots);
  const spot = spots[random.int(spots.length)] ?? { holder: event, name: random.pick(NAMES) };
  random.pick(MUTATIONS)(spot, random);
}

/** True for objects and arrays; the names in an array are its indices. */
export function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

function collect(holder: Holder, spots: Spot[]): void {
  for (const [name, value] of Object.entries(holder)) {
    spots.push({ holder, name });
    if (isHolder(value)) collect(value, spots);
  }
}

/** Sets a field as JSON.parse does: `__proto__` becomes an ordinary field. */
function put(holder: Holder, name: string, value: unknown): void {
  // The length of an array is not a field.
  if (Array.isArray(holder) && name === 'length') return;
  Object.defineProperty(holder, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function rename({ holder, name }: Spot, other: string): void {
  const value = holder[name];
  delete holder[name];
  put(holder, other, value);
}

function changeCasing(name: string, random: Random): string {
  return [...name]
    .map((char) => (random.chance(0.5) ? char.toUpperCase() : char.toLowerCase()))
    .join('');
}

function edit(value: unknown, random: Random): unknown {
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  const at = random.int(value.length + 1);
  const odd = random.pick(ODD_CHARACTERS);
  return random.pick([
    value.slice(0, at),
    value.slice(at),
    value.slice(0, at) + odd + value.slice(at),
    value + value,
    changeCasing(value, random),
    ` ${value}\n`,
  ]);
}
