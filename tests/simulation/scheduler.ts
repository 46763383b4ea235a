import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';

/** One run of a function: it takes steps until it ends, or is crashed at one of them. */
export interface Invocation {
  /** Which function, for messages. */
  name: string;
  /** Its place among all that happened: later is higher. */
  begunAt: number;
  /** When it began, ms of the virtual clock. */
  startedAt: number;
  /** When Lambda ends it, ms of the virtual clock. */
  deadline: number;
  state: 'running' | 'ended' | 'crashed';
}

/** A call to the world outside that an invocation waits for: the database, or Nat. */
export interface Step {
  invocation: Invocation;
  kind: 'database' | 'nat';
  /** When it was asked for, ms of the virtual clock. */
  since: number;
  /** Lets it happen as usual. */
  perform(): Promise<void>;
  /** Lets it end in the way that `fail` of its asker knows. */
  fail(tookEffect: boolean): Promise<void>;
}

/** How a step ends: as usual, or failing before or after it took effect. */
export interface StepActions<T> {
  perform(): Promise<T>;
  fail(tookEffect: boolean): Promise<T>;
}

export type Scheduler = ReturnType<typeof createScheduler>;

/** Holds every step back until it is told which comes next: the interleaving is the driver's. */
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
    /** Counts what happens, so that two things can be told to be one before the other. */
    tick: () => ++happened,
    /** The invocation in which this is called. */
    invocation(): Invocation {
      const invocation = current.getStore();
      if (invocation === undefined) throw new Error('called outside of an invocation');
      return invocation;
    },

    /** Begins an invocation and runs it up to its first step; a crashed one never reports. */
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
          // Of a crashed one nothing is heard any more, also not what its timers do.
          if (invocation.state === 'running') throw error;
        });
        running.delete(invocation);
        if (invocation.state === 'running') invocation.state = 'ended';
      });
      await settled();
    },

    /** Asks for a step, from inside an invocation; resolves when the driver lets it happen. */
    step<T>(kind: Step['kind'], actions: StepActions<T>): Promise<T> {
      const invocation = this.invocation();
      return new Promise<T>((resolve, reject) => {
        const end = async (how: () => Promise<T>): Promise<void> => {
          steps = steps.filter((other) => other !== step);
          await how().then(resolve, reject);
          await settled();
        };
        const step: Step = {
          invocation,
          kind,
          since: Date.now(),
          perform: () => end(actions.perform),
          fail: (tookEffect) => end(() => actions.fail(tookEffect)),
        };
        // What a crashed invocation still asks for is never answered.
        if (invocation.state === 'running') steps.push(step);
      });
    },

    /** Ends an invocation where it is: nothing it awaits ever comes. */
    crash(invocation: Invocation): void {
      invocation.state = 'crashed';
      running.delete(invocation);
      steps = steps.filter((step) => step.invocation !== invocation);
    },
  };
}

/** Lets everything run that waits for nothing outside. */
async function settled(): Promise<void> {
  await turn();
  await turn();
}
