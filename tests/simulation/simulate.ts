import { actOnce, giveOrder } from './acts.ts';
import { addWorkspace } from './commands.ts';
import { CUSTOMERS } from './customers.ts';
import { createDepth, type Depth } from './depth.ts';
import { comeToRest, finishCommands } from './rest.ts';
import { live, work } from './time.ts';
import { createWorld, type World } from './world.ts';

/** How long a run is. */
interface Length {
  /** Each episode has its own faults. */
  episodes: number;
  /** How much happens at once, at the beginning of an episode. */
  acts: number;
}

const RUN: Length = { episodes: 4, acts: 60 };
/** The first invocations load code, which takes as long as it takes. So one run does not count. */
const WARM_UP: Length = { episodes: 1, acts: 60 };
/** How often somebody sends or orders something while an episode lasts. */
const ORDER_RATE = 0.25;

let isWarm = false;

/**
 * Simulates one run: some episodes, in each of which other things fail. An episode begins with things
 * that happen at once, in an order that the seed decides. Then it lasts for minutes or days. At the
 * end the faults end, and the ledger and Nat's timeline must be as promised.
 *
 * @param seed a 32-bit number; the same seed makes the same run
 * @param depth counts how hard the deliveries were
 * @returns the promises that were broken
 */
export async function simulate(seed: number, depth: Depth): Promise<string[]> {
  if (!isWarm) await run(0, createDepth(), WARM_UP);
  isWarm = true;
  return run(seed, depth, RUN);
}

async function run(seed: number, depth: Depth, { episodes, acts }: Length): Promise<string[]> {
  const world = await createWorld(seed, depth);
  const isFine = () => world.violations.length === 0;
  try {
    for (const customer of CUSTOMERS) {
      await addWorkspace(world, customer);
      await work(world);
    }
    await finishCommands(world);
    for (let episode = 0; episode < episodes && isFine(); episode += 1) {
      const ms = world.moods.change();
      for (const trouble of world.moods.describe()) depth.count(trouble);
      const struckAt = world.random.int(acts);
      for (let n = 0; n < acts && isFine(); n += 1) {
        if (n === struckAt) world.moods.strike();
        await actOnce(world);
      }
      await work(world);
      await live(world, ms, () => orderSometimes(world));
      await world.expire();
    }
    if (isFine()) await comeToRest(world);
    return world.violations;
  } finally {
    world.clock.stop();
  }
}

/** Now and then somebody sends or orders something. */
async function orderSometimes(world: World): Promise<void> {
  if (!world.random.chance(ORDER_RATE)) return;
  await giveOrder(world);
  await work(world);
}
