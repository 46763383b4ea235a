import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { messagesWith } from '../in-process/lambda.ts';
import type { Container } from './containers.ts';
import type { Invocation } from './scheduler.ts';
import type { World } from './world.ts';

/** As in serverless.yml. */
const TIMEOUT_MS = {
  identify: 28 * SECOND_MS,
  deliver: 65 * SECOND_MS,
  redeliver: 55 * SECOND_MS,
  recover: MINUTE_MS,
  operate: 15 * MINUTE_MS,
};
/** With so little time, `recover` reads one page and continues with a message. */
const SHORT_MS = 25 * SECOND_MS;

/** Lambda calls `deliver` with the next batch of the stream. */
export async function pollStream(world: World): Promise<void> {
  const batch = world.stream.take();
  if (batch === undefined) return;
  await begin(world, 'deliver', async ({ deliver }, invocation) => {
    world.batches.set(invocation, batch);
    const answer = await deliver({ Records: batch.records }, world.contextOf(invocation));
    if (invocation.state === 'running') batch.end(answer);
  });
}

/** Lambda calls `recover` with the next message of the queue. */
export async function pollQueue(world: World): Promise<void> {
  const message = world.queue.take();
  if (message === undefined) return;
  const timeoutMs = world.random.chance(0.5) ? SHORT_MS : TIMEOUT_MS.recover;
  await begin(
    world,
    'recover',
    async ({ recover }, invocation) => {
      await recover(messagesWith(message.body), world.contextOf(invocation)).then(
        () => invocation.state === 'running' && world.queue.delete(message),
        // The message comes again.
        () => {},
      );
    },
    timeoutMs,
  );
}

/** The schedule starts `redeliver`. */
export async function redeliver(world: World): Promise<void> {
  await begin(world, 'redeliver', async (container, invocation) => {
    const due = world.waiting.dueNow();
    // A run fails if the ledger fails. The next run continues.
    await container.redeliver({}, world.contextOf(invocation)).catch(() => {});
    if (invocation.state === 'running') world.waiting.onRunEnded(invocation, due);
  });
}

/** Begins an invocation in a container with its memory. A crashed container is lost. */
export function begin(
  world: World,
  name: keyof typeof TIMEOUT_MS,
  run: (container: Container, invocation: Invocation) => Promise<void>,
  timeoutMs = TIMEOUT_MS[name],
): Promise<Invocation> {
  const container = world.containers.take();
  return world.scheduler.begin(name, timeoutMs, async (invocation) => {
    try {
      await run(container, invocation);
      if (invocation.state === 'running') world.containers.giveBack(container);
    } catch (error) {
      if (invocation.state === 'running') world.violate(`${name} threw ${error}`);
    }
  });
}
