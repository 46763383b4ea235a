import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';

/** One run of a function. It takes steps until it ends or crashes. */
export interface Invocation {
  /** The name of the function. */
  name: string;
  /** The tick at which it began. */
  begunAt: number;
  /** When it began, ms of the virtual clock. */
  startedAt: number;
  /** When Lambda stops it, ms of the virtual clock. */
  deadline: number;
  state: 'running' | 'ended' | 'crashed';
}

/** A call to the database or to Nat that an invocation waits for. */
export interface Step {
  invocation: Invocation;
  kind: 'database' | 'nat';
  /** When it was requested, ms of the virtual clock. */
  since: number;
  /** Lets it succeed. */
  perform(): Promise<void>;
  /** Lets it fail, before or after it took effect. */
  fail(tookEffect: boolean): Promise<void>;
}

/** What happens when a step succeeds, or fails before or after it took effect. */
export interface StepActions<T> {
  perform(): Promise<T>;
  fail(tookEffect: boolean): Promise<T>;
}

export type Scheduler = ReturnType<typeof createScheduler>;

/** Holds every step until the simulation chooses it. So the seed decides the order of all steps. */
export function createScheduler() {
  const current = new AsyncLocalStorage<Invocation>();
  let steps: Step[] = [];
  let happened = 0;
  const running = new Set<Invocation>();

  return {
    running,
    get steps(): readonly Step[] {
      return steps;
    },
    /** Counts what happens, so that one can see what came first. */
    tick: () => ++happened,
    /** The invocation that calls this. */
    invocation(): Invocation {
      const invocation = current.getStore();
      if (invocation === undefined) throw new Error('called outside of an invocation');
      return invocation;
    },

    /** Begins an invocation and runs it up to its first step. */
    async begin(
      name: string,
      timeoutMs: number,
      body: (invocation: Invocation) => Promise<void>,
    ): Promise<void> {
      const startedAt = Date.now();
      const invocation: Invocation = {
        name,
        begunAt: ++happened,
        startedAt,
        deadline: startedAt + timeoutMs,
        state: 'running',
      };
      running.add(invocation);
      void current.run(invocation, async () => {
        await body(invocation).catch((error: unknown) => {
          // A crashed invocation reports nothing any more.
          if (invocation.state === 'running') throw error;
        });
        running.delete(invocation);
        if (invocation.state === 'running') invocation.state = 'ended';
      });
      await runUntilSteps();
    },

    /** Requests a step from inside an invocation. It resolves when the simulation chooses it. */
    step<T>(kind: Step['kind'], actions: StepActions<T>): Promise<T> {
      const invocation = this.invocation();
      return new Promise<T>((resolve, reject) => {
        const end = async (how: () => Promise<T>): Promise<void> => {
          steps = steps.filter((other) => other !== step);
          await how().then(resolve, reject);
          await runUntilSteps();
        };
        const step: Step = {
          invocation,
          kind,
          since: Date.now(),
          perform: () => end(actions.perform),
          fail: (tookEffect) => end(() => actions.fail(tookEffect)),
        };
        // A crashed invocation never gets a response.
        if (invocation.state === 'running') steps.push(step);
      });
    },

    /** Stops an invocation where it is. */
    crash(invocation: Invocation): void {
      invocation.state = 'crashed';
      running.delete(invocation);
      steps = steps.filter((step) => step.invocation !== invocation);
    },
  };
}

/** Lets all code run until it waits for a step. */
async function runUntilSteps(): Promise<void> {
  await turn();
  await turn();
}
