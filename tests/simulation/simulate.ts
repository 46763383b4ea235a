import { setImmediate as turn } from 'node:timers/promises';
import { NAT_CALL_TIMEOUT_MS } from '../../lib/delivery/nat.ts';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { interactionId } from '../../lib/ledger/entry.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { CUSTOMERS, someEvent } from './events.ts';
import { operate, pollStream, redeliver, sendEvents } from './invocations.ts';
import { createWorld, type World } from './world.ts';

const ACTIONS = 60;
/** The time-outs of the real clients. */
const STEP_TIMEOUT_MS = { database: 3 * SECOND_MS, nat: NAT_CALL_TIMEOUT_MS } as const;
/** Longer than a container remembers a workspace, and than any delay between two tries. */
const REST_MS = RETRY_SCHEDULE.longestDelayMs + HOUR_MS;

/**
 * Simulates one run. First things happen in an order that the seed decides. Then the faults end and
 * all work is finished. At the end, the ledger and Nat's timeline must be as promised.
 *
 * @param seed a 32-bit number; the same seed makes the same run
 * @returns the promises that were broken
 */
export async function simulate(seed: number): Promise<string[]> {
  const world = await createWorld(seed);
  try {
    for (const { id, timeZone } of CUSTOMERS) {
      const apiKey = world.keyOf(id);
      await operate(world, { command: 'workspace.add', workspace: id, name: id, timeZone, apiKey });
      await drain(world);
    }
    for (let n = 0; n < ACTIONS && world.violations.length === 0; n += 1) await actOnce(world);
    await comeToRest(world);
    await checkRest(world);
    return world.violations;
  } finally {
    world.restore();
  }
}

type Act = (world: World) => Promise<void> | void;

/** What may happen next, and how often. */
const ACTS: [weight: number, act: Act][] = [
  [24, send],
  [20, pollStream],
  [10, redeliver],
  [6, (world) => operate(world, { command: 'interactions.redrive', perSecond: 5 })],
  [2, rotate],
  [2, block],
  [3, crashOne],
  [4, (world) => world.recycle()],
  [6, changeMood],
  [10, (world) => passTime(world, world.random.int(2900))],
  [12, passMuchTime],
];
const WEIGHTS = ACTS.reduce((sum, [weight]) => sum + weight, 0);

/** Mostly continues a running invocation, so that several run at the same time. */
async function actOnce(world: World): Promise<void> {
  const { random, scheduler } = world;
  const step = scheduler.steps[random.int(Math.max(1, scheduler.steps.length))];
  if (step !== undefined && random.chance(0.75)) {
    const fails = random.chance(world.mood.outageRate);
    return fails ? step.fail(random.chance(0.5)) : step.perform();
  }
  let dice = random.int(WEIGHTS);
  const chosen = ACTS.find(([weight]) => {
    dice -= weight;
    return dice < 0;
  });
  await chosen?.[1](world);
}

async function send(world: World): Promise<void> {
  const { random, unanswered } = world;
  if (random.chance(0.5)) {
    const again = unanswered.pop();
    if (again?.events.every(isYoung))
      return sendEvents(world, again.customer, again.apiKey, again.events);
  }
  const customer = random.pick(CUSTOMERS);
  const count = random.chance(0.7) ? 1 : 1 + random.int(6);
  const events = Array.from({ length: count }, () => someEvent(random, customer, Date.now()));
  await sendEvents(world, customer, random.pick(world.keysOf(customer.id)), events);
}

/** Senders stop retrying long before an event is too old to be accepted. */
function isYoung({ timestamp }: { timestamp: string }): boolean {
  return Date.now() - Date.parse(timestamp) < 6 * DAY_MS;
}

/** Nat changes a customer's key. The operator adopts it now or later. */
async function rotate(world: World): Promise<void> {
  const { id } = world.random.pick(CUSTOMERS);
  world.changeKeyAtNat(id);
  if (world.random.chance(0.6)) await adoptKey(world, id);
}

/** Nat rejects a customer's key, or accepts it again. Nobody tells the operator. */
function block({ nat, random, keyOf }: World): void {
  const key = keyOf(random.pick(CUSTOMERS).id);
  if (!nat.goodKeys.delete(key)) nat.goodKeys.add(key);
}

function adoptKey(world: World, id: string): Promise<void> {
  return operate(world, { command: 'workspace.rotate', workspace: id, apiKey: world.keyOf(id) });
}

function crashOne({ random, scheduler, onCrash }: World): void {
  const running = [...scheduler.running];
  const victim = running[random.int(Math.max(1, running.length))];
  if (victim === undefined) return;
  scheduler.crash(victim);
  onCrash(victim);
}

function changeMood({ random, mood }: World): void {
  mood.faultRate = random.pick([0, 0, 0.2, 0.6, 1]);
  mood.outageRate = random.pick([0, 0, 0.05, 0.3, 1]);
  mood.staleness = random.pick([0, 0.3, 0.8]);
}

async function passMuchTime(world: World): Promise<void> {
  // No invocation runs so long: each one ends first.
  await drain(world);
  const { random } = world;
  const hours = random.pick([0.02, 0.1, 0.5, 2, 2, 6, 25, 73, 240]);
  await passTime(world, Math.round(hours * HOUR_MS * (0.5 + random.next())));
  await world.expire();
}

/** Moves the clock. Lambda stops invocations after their time-out, and late steps fail. */
async function passTime(world: World, ms: number): Promise<void> {
  const { clock, random, scheduler } = world;
  clock.now += ms;
  for (const invocation of [...scheduler.running]) {
    if (invocation.deadline > clock.now) continue;
    scheduler.crash(invocation);
    world.onCrash(invocation);
  }
  for (const step of [...scheduler.steps]) {
    if (clock.now - step.since < STEP_TIMEOUT_MS[step.kind]) continue;
    await step.fail(random.chance(0.5));
  }
}

/** Lets all invocations end. The first calls load code, so their steps come late. */
async function drain({ scheduler }: World): Promise<void> {
  while (scheduler.running.size > 0) {
    const [step] = scheduler.steps;
    await (step === undefined ? turn() : step.perform());
  }
}

/** Ends all faults, gives every customer its right key, and finishes all work. */
async function comeToRest(world: World): Promise<void> {
  Object.assign(world.mood, { faultRate: 0, outageRate: 0, staleness: 0 });
  await drain(world);
  for (const { id } of CUSTOMERS) {
    world.nat.goodKeys.add(world.keyOf(id));
    await operate(world, {
      command: 'workspace.update',
      workspace: id,
      natApiKey: world.keyOf(id),
    });
    await drain(world);
  }
  world.recycle();
  while (world.stream.waiting > 0) {
    await pollStream(world);
    await drain(world);
  }
  // Only a redrive brings back what the stream gave up and what died. It waits an hour first.
  await passTime(world, REST_MS);
  await operate(world, { command: 'interactions.redrive', perSecond: 1000 });
  await drain(world);
  for (let rounds = 0; rounds < 2; rounds += 1) {
    await passTime(world, REST_MS);
    await redeliver(world);
    await drain(world);
  }
}

/** Compares the ledger and Nat's timeline with the promises. */
async function checkRest(world: World): Promise<void> {
  const { violations, watcher, nat } = world;
  const items = await world.items();
  const calls = [...nat.timeline.values()];
  for (const item of items) {
    const known = watcher.known.get(interactionId(item));
    const added = calls.filter(({ idempotencyKey }) => idempotencyKey === known?.idempotencyKey);
    if (item.status !== 'delivered') violations.push(`${item.status} at rest: ${item.lastError}`);
    else if (added.length !== 1) violations.push(`${added.length} times on the timeline`);
    else if ('event' in item) violations.push('delivered with its address');
  }
  if (items.length !== watcher.known.size) violations.push('an accepted interaction is gone');
  checkTimeline(world);
}

/** The timeline holds only what was sent, on the right day, and each contact once a day. */
function checkTimeline({ nat, sent, violations, watcher }: World): void {
  const days = new Set<string>();
  const taken = sent.filter(({ day }) => day !== undefined);
  const sentAs = (event: { email: string; timestamp: string } | undefined) =>
    taken.find(({ email, timestamp }) => email === event?.email && timestamp === event.timestamp);
  for (const { event } of nat.timeline.values()) {
    const one = sentAs(event);
    if (one === undefined) violations.push('on the timeline is what nobody sent');
    const day = `${event.email} ${one?.day}`;
    if (days.has(day)) violations.push('twice a day on the timeline');
    days.add(day);
  }
  for (const { accepted } of watcher.known.values()) {
    const day = sentAs(accepted.event)?.day;
    if (day !== accepted.day) violations.push(`counted for ${accepted.day} instead of ${day}`);
  }
}
