import { setImmediate as turn } from 'node:timers/promises';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { pollQueue, pollStream, redeliver } from './invocations.ts';
import { runUntilSteps, type Step } from './scheduler.ts';
import type { World } from './world.ts';

/** While something runs, the clock moves by so much at a time. */
const PULSE_MS = 250;
/** After this time another run of `redeliver` begins. In a shorter one nothing hangs. */
const LONG_RUN_MS = 7 * SECOND_MS;
/** How long a step takes that nothing delays. */
const STEP_MS = 5;
/** Moves the clock. Lambda stops invocations after their time-out, and late steps fail. */
export async function passTime(world: World, ms: number): Promise<void> {
  const { clock, scheduler } = world;
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const leftMs = end - Date.now();
    clock.pass(scheduler.isBusy ? Math.min(PULSE_MS, leftMs) : leftMs);
    await runUntilSteps();
    await endOverdue(world);
  }
}

async function endOverdue(world: World): Promise<void> {
  const { random, scheduler } = world;
  for (const invocation of [...scheduler.running]) {
    if (invocation.deadline > Date.now()) continue;
    scheduler.crash(invocation);
    world.onCrash(invocation);
  }
  for (const step of [...scheduler.steps]) {
    if (step.failsAt <= Date.now()) await step.fail(random.chance(0.5));
  }
}

/** Lets a step happen: it succeeds or fails, as the mood is. */
export async function take(world: World, step: Step): Promise<void> {
  const { clock, random } = world;
  const fails = random.chance(step.failureRate());
  await (fails ? step.fail(random.chance(0.5)) : step.perform());
  clock.pass(STEP_MS);
}

/** Picks a step that can go on, if there is one. */
export function pickStep({ random, scheduler }: World): Step | undefined {
  const able = scheduler.steps.filter((step) => !step.hangs());
  return able[random.int(Math.max(able.length, 1))];
}

/**
 * Lets all invocations end.
 *
 * @param end when to stop at the latest, ms of the virtual clock
 */
export async function work(world: World, end = Number.POSITIVE_INFINITY): Promise<void> {
  while (world.scheduler.isBusy && Date.now() < end) {
    const step = pickStep(world);
    if (step !== undefined) await take(world, step);
    else if (world.scheduler.steps.length > 0) await passTime(world, PULSE_MS);
    // The first calls of this process load code, so their steps come late.
    else await turn();
  }
}

/**
 * Lets the service run for some time, as its triggers start it: the stream, the queue and the
 * schedule. What a minute would bring is done when there is something to do.
 *
 * @param meanwhile called now and then
 */
export async function live(
  world: World,
  ms: number,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  const end = Date.now() + ms;
  /** Long times go by in longer steps. */
  const coarseMs = MINUTE_MS + ms / 40;
  let fruitless = 0;
  let nextRunAt = 0;
  world.waiting.beginService();
  while (Date.now() < end && world.violations.length === 0) {
    const due = world.waiting.dueNow().size;
    const isOrdered = world.deletions.dueNow() > 0;
    if ((due > 0 && Date.now() >= nextRunAt) || isOrdered) {
      await redeliver(world);
      await work(world, Date.now() + LONG_RUN_MS);
      // The next run overlaps one in which calls hang.
      if (world.scheduler.isBusy) await redeliver(world);
      await work(world);
      // A run every minute of an outage would take long and show nothing new.
      fruitless = world.waiting.dueNow().size >= due ? fruitless + 1 : 0;
      nextRunAt = Date.now() + Math.min(MINUTE_MS * 2 ** fruitless, HOUR_MS);
    }
    await pollAll(world, end);
    world.waiting.checkPending();
    await meanwhile();
    const nextAt = Math.min(world.stream.nextAt, world.queue.nextAt, nextDueAt(world, nextRunAt));
    const waitMs = Math.max(nextAt - Date.now(), 0) + world.random.int(coarseMs);
    await passTime(world, Math.min(waitMs, HOUR_MS, Math.max(end - Date.now(), 1)));
  }
}

/**
 * Handles all batches and messages that are there now.
 *
 * @param end when to stop at the latest: while nothing succeeds, there is always one
 */
async function pollAll(world: World, end: number): Promise<void> {
  const { stream, queue, scheduler } = world;
  const isReady = (): boolean =>
    Date.now() < end && Math.min(stream.nextAt, queue.nextAt) <= Date.now();
  while (isReady() || scheduler.isBusy) {
    await pollStream(world);
    await pollStream(world);
    await pollQueue(world);
    await work(world);
  }
}

function nextDueAt({ watcher, deletions }: World, nextRunAt: number): number {
  const due = [...watcher.known.values()].flatMap(({ entry }) => {
    return entry.status === 'retrying' ? Date.parse(entry.dueAt ?? '') : [];
  });
  const ordered = [...deletions.open.values()].map(({ dueAt }) => Date.parse(dueAt));
  return Math.min(Math.max(Math.min(...due), nextRunAt), ...ordered);
}
