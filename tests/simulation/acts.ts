import { workspaceIdOf } from '../../lib/ledger/entry.ts';
import { DAY_MS } from '../../lib/runtime/durations.ts';
import {
  block,
  changeSettings,
  forgetContact,
  leaveOrReturn,
  redrive,
  rotate,
  rotateSecrets,
  runAgain,
} from './commands.ts';
import { CUSTOMERS, type Customer } from './customers.ts';
import {
  eventLike,
  manyEvents,
  type SentEvent,
  someDeletion,
  someEvent,
  someUser,
} from './events.ts';
import { pollQueue, pollStream, redeliver } from './invocations.ts';
import { type Request, sendEvents } from './requests.ts';
import { passTime, pickStep, take } from './time.ts';
import type { World } from './world.ts';

/** How many of the latest events may be about a user who is deleted next. */
const RECENTLY_SENT = 8;

type Act = (world: World) => Promise<void> | void;

/** What people do, and how often. */
const ORDERS: [weight: number, act: Act][] = [
  [40, send],
  [8, deleteUser],
  [6, redrive],
  [3, rotate],
  [3, rotateSecrets],
  [2, block],
  [6, changeSettings],
  [3, forgetContact],
  [3, leaveOrReturn],
  [10, runAgain],
];

/** What else may happen next. */
const ACTS: [weight: number, act: Act][] = [
  ...ORDERS,
  [26, pollStream],
  [14, redeliver],
  [4, pollQueue],
  [6, crashOne],
  [4, (world) => world.containers.recycle()],
  [10, (world) => passTime(world, world.random.int(2900))],
];

/** Mostly continues a running invocation, so that several run at the same time. */
export async function actOnce(world: World): Promise<void> {
  const step = pickStep(world);
  if (step !== undefined && world.random.chance(0.75)) await take(world, step);
  else await actOneOf(world, ACTS);
}

/** Somebody sends events, or gives an order. */
export function giveOrder(world: World): Promise<void> {
  return actOneOf(world, ORDERS);
}

async function actOneOf(world: World, acts: [weight: number, act: Act][]): Promise<void> {
  let dice = world.random.int(acts.reduce((sum, [weight]) => sum + weight, 0));
  const chosen = acts.find(([weight]) => {
    dice -= weight;
    return dice < 0;
  });
  await chosen?.[1](world);
}

/** A sender posts the deletion of a user, often of one whose event is just being accepted. */
async function deleteUser(world: World): Promise<void> {
  const { random, sent } = world;
  const { email = '', userId } = sent[sent.length - 1 - random.int(RECENTLY_SENT)] ?? {};
  const customer = CUSTOMERS.find(({ id }) => email.endsWith(`@${id}.example`));
  if (customer === undefined || userId === undefined) return;
  await post(world, customer, [someDeletion(random, userId)]);
}

async function send(world: World): Promise<void> {
  const { random, unanswered } = world;
  const again = random.chance(0.5) ? unanswered.pop() : undefined;
  if (again !== undefined && mayBeRepeated(world, again)) return sendEvents(world, again);
  await post(world, ...someEvents(world));
}

/** Posts events, mostly with the key that is in force, and signed. */
async function post(world: World, customer: Customer, events: SentEvent[]): Promise<void> {
  const { random, settings } = world;
  const keys = world.keysOf(customer.id);
  const known = keys.find((key) => settings.ofKey(key, Date.now()).at(-1) !== undefined);
  const apiKey = random.chance(0.9) ? (known ?? keys[0]) : random.pick(keys);
  const signature = random.chance(0.85) ? 'right' : random.pick(['wrong', 'none'] as const);
  await sendEvents(world, { customer, apiKey, signature, events, sentAt: Date.now() });
}

/** One event, or several, or many; sometimes one whose day has a dead interaction. */
function someEvents({ random, watcher }: World): [Customer, SentEvent[]] {
  const customer = random.pick(CUSTOMERS);
  const dead = [...watcher.known.values()].find(({ entry }) => {
    return entry.status === 'dead' && workspaceIdOf(entry) === customer.id;
  });
  if (dead?.entry.event !== undefined && random.chance(0.6)) {
    return [customer, [eventLike(random, dead.entry.event)]];
  }
  if (random.chance(0.15)) return [customer, manyEvents(random, customer)];
  const count = random.chance(0.7) ? 1 : 1 + random.int(6);
  const some = () =>
    random.chance(0.05) ? someDeletion(random, someUser(random)) : someEvent(random, customer);
  return [customer, Array.from({ length: count }, some)];
}

/** Senders stop long before an event is too old. In another time zone it would count once more. */
function mayBeRepeated({ settings }: World, { customer, sentAt }: Request): boolean {
  return Date.now() - sentAt < 4 * DAY_MS && settings.zonesOf(customer.id, sentAt).size === 1;
}

function crashOne({ random, scheduler, onCrash }: World): void {
  const running = [...scheduler.running];
  const victim = running[random.int(Math.max(1, running.length))];
  if (victim === undefined) return;
  scheduler.crash(victim);
  onCrash(victim);
}
