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

/** What a step does when it is chosen, and what goes wrong with it at the moment. */
export interface StepActions<T> {
  /** How long its caller waits for it, ms. */
  timeoutMs: number;
  /** true while nothing answers: it fails when its time is up. */
  hangs(): boolean;
  /** How often it fails. */
  failureRate(): number;
  perform(): Promise<T>;
  /** @param tookEffect it fails after it took effect: only its answer is lost */
  fail(tookEffect: boolean): Promise<T>;
}

/** A call to the database, to Nat or to the queue that an invocation waits for. */
export interface Step {
  invocation: Invocation;
  /** When it fails at the latest, ms of the virtual clock. */
  failsAt: number;
  hangs(): boolean;
  failureRate(): number;
  /** Lets it succeed. */
  perform(): Promise<void>;
  /** Lets it fail, before or after it took effect. */
  fail(tookEffect: boolean): Promise<void>;
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
    /** true while an invocation runs, or has left a call behind. */
    get isBusy(): boolean {
      return running.size > 0 || steps.length > 0;
    },
    /** Counts what happens, so that one can see what came first. */
    tick: () => ++happened,
    /** The invocation that calls this. */
    invocation(): Invocation {
      const invocation = current.getStore();
      if (invocation === undefined) throw new Error('called outside of an invocation');
      return invocation;
    },

    /**
     * Begins an invocation and runs it up to its first step.
     *
     * @param body what it does; it must not throw
     */
    async begin(
      name: string,
      timeoutMs: number,
      body: (invocation: Invocation) => Promise<void>,
    ): Promise<Invocation> {
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
        await body(invocation);
        running.delete(invocation);
        if (invocation.state === 'running') invocation.state = 'ended';
      });
      await runUntilSteps();
      return invocation;
    },

    /**
     * Requests a step from inside an invocation. It resolves when the simulation chooses it. An
     * invocation that has ended may still do something: its container goes on with the next one.
     */
    step<T>({ timeoutMs, hangs, failureRate, ...actions }: StepActions<T>): Promise<T> {
      const invocation = this.invocation();
      return new Promise<T>((resolve, reject) => {
        const end = async (how: () => Promise<T>): Promise<void> => {
          steps = steps.filter((other) => other !== step);
          await how().then(resolve, reject);
          await runUntilSteps();
        };
        const step: Step = {
          invocation,
          failsAt: Date.now() + timeoutMs,
          hangs,
          failureRate,
          perform: () => end(actions.perform),
          fail: (tookEffect) => end(() => actions.fail(tookEffect)),
        };
        // A crashed invocation never gets a response.
        if (invocation.state !== 'crashed') steps.push(step);
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
export async function runUntilSteps(): Promise<void> {
  await turn();
  await turn();
}
