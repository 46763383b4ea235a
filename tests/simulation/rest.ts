import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { interactionId } from '../../lib/ledger/entry.ts';
import { HOUR_MS, MINUTE_MS } from '../../lib/runtime/durations.ts';
import { unsealNatApiKey } from '../../lib/workspaces/sealed-fields.ts';
import { operate, rotateSecrets, runAgain } from './commands.ts';
import { CUSTOMERS, dayIn } from './customers.ts';
import { live, passTime, work } from './time.ts';
import type { World } from './world.ts';

/** By then nothing is pending any more, without an operator. */
const RECOVERED_AFTER_MS = 3 * HOUR_MS;
/** All containers know of a change by then. */
const CHANGE_VISIBLE_AFTER_MS = 5 * MINUTE_MS;
/** Longer than a container remembers a workspace, and than any delay between two tries. */
const REST_MS = RETRY_SCHEDULE.longestDelayMs + HOUR_MS;

/**
 * Ends all faults, finishes all work, and compares the ledger and Nat's timeline with the promises.
 * First nobody repairs anything; then the operator redrives what died.
 */
export async function comeToRest(world: World): Promise<void> {
  world.moods.calm();
  await work(world);
  await finishCommands(world);
  for (const { id } of CUSTOMERS) {
    world.nat.goodKeys.add(world.keyOf(id));
    if (world.orders.absences.has(id)) continue;
    const natApiKey = world.keyOf(id);
    await operate(world, { command: 'workspace.update', workspace: id, natApiKey });
    await work(world);
  }
  await finishCommands(world);
  // The first one may only complete what was cut off.
  for (let rotations = 0; rotations < 2; rotations += 1) {
    await rotateSecrets(world);
    await work(world);
    await finishCommands(world);
  }
  const calmSince = Date.now();
  await live(world, RECOVERED_AFTER_MS);
  checkNothingPending(world);
  await operate(world, { command: 'interactions.redrive', perSecond: 1000 });
  await work(world);
  await finishCommands(world);
  await live(world, 2 * REST_MS);
  await checkLedger(world);
  checkTimeline(world);
  checkMarks(world, calmSince);
  await checkSealed(world);
}

/** Runs every command again that was cut off, until it is done. */
export async function finishCommands(world: World): Promise<void> {
  while (world.orders.unfinished.length > 0 && world.violations.length === 0) {
    await runAgain(world);
    await work(world);
    await passTime(world, MINUTE_MS);
  }
}

function checkNothingPending({ watcher, queue, violate }: World): void {
  const isPending = [...watcher.known.values()].some(({ entry }) => entry.status === 'pending');
  if (isPending) violate('pending at rest');
  if (!queue.isEmpty) violate('a message is left in the queue');
}

/** The mark that Nat rejects a key goes with the next call that Nat accepts. */
function checkMarks({ settings, nat, violate }: World, calmSince: number): void {
  for (const { id, natKeyRejectedAt } of settings.current()) {
    const acceptedAt = nat.acceptedAt.get(id) ?? 0;
    const isOver = acceptedAt > calmSince + CHANGE_VISIBLE_AFTER_MS;
    if (natKeyRejectedAt !== undefined && isOver) violate('marked, although Nat accepts the key');
  }
}

/** However often the secrets were replaced: what they seal can be read, and is sealed with the newest. */
async function checkSealed({ openSecrets, settings, violate }: World): Promise<void> {
  const { natKeys, signatures } = await openSecrets();
  for (const { id, natApiKey, sharedSecret } of settings.current()) {
    if (unsealNatApiKey(natKeys, { id, natApiKey }) === undefined) {
      violate('a key for Nat cannot be read');
    }
    const isNewest =
      natKeys.isNewest(natApiKey) &&
      (sharedSecret === undefined || signatures.isNewest(sharedSecret));
    if (!isNewest) violate('a rotation has left something sealed with a former secret');
  }
}

async function checkLedger(world: World): Promise<void> {
  const { violate, watcher, nat } = world;
  const items = await world.items();
  for (const item of items) {
    const idempotencyKey = watcher.idempotencyKeyOf(interactionId(item)) ?? '';
    if (item.status !== 'delivered') violate(`${item.status} at rest: ${item.lastError}`);
    else if (!nat.timeline.has(idempotencyKey)) violate('delivered, but not on the timeline');
    else if ('event' in item) violate('delivered with its address');
  }
  world.deletions.checkRest();
  if (items.length !== watcher.known.size) violate('an accepted interaction is gone');
}

/** The timeline holds only what was sent, and each contact once a day. */
function checkTimeline({ nat, sent, violate, watcher }: World): void {
  const days = new Set<string>();
  const good = sent.filter(({ isGood }) => isGood);
  for (const call of nat.timeline.values()) {
    const { email, timestamp } = call.event;
    if (!good.some((one) => one.email === email && one.timestamp === timestamp)) {
      violate('on the timeline is what nobody sent');
    }
    // On the day on which a time zone changes, a contact may have two.
    const [zone, another] = watcher.subjectOf(call)?.zones ?? [];
    if (zone === undefined || another !== undefined) continue;
    const day = `${email} ${zone} ${dayIn(zone, Date.parse(timestamp))}`;
    if (days.has(day)) violate('twice a day on the timeline');
    days.add(day);
  }
}
