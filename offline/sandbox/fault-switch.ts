import type { Changes } from './changes.ts';
import { type Fault, type FaultView, toFaultView } from './fault.ts';

export type FaultSwitch = ReturnType<typeof createFaultSwitch>;

/** Creates the switch for the faults of `POST /identify`. At first there are none. */
export function createFaultSwitch(changes: Changes) {
  const faults = new Map<string, Fault>();

  return {
    /** The faults that are set, oldest first, without their API keys. */
    list: (): ({ name: string } & FaultView)[] =>
      [...faults].map(([name, fault]) => ({ name, ...toFaultView(fault) })),

    /** Sets a fault, in place of one with the same name. */
    set(name: string, fault: Fault): void {
      faults.set(name, fault);
      changes.announce('faults');
    },

    /** @returns false if there is no fault with this name */
    end(name: string): boolean {
      const existed = faults.delete(name);
      if (existed) changes.announce('faults');
      return existed;
    },

    endAll(): void {
      faults.clear();
      changes.announce('faults');
    },

    /**
     * Throws the dice for one call. Faults for the call's API key go first, then those for all
     * calls, in the order in which they were set.
     *
     * @returns the first fault that hits the call, or undefined
     */
    pick(apiKey: string | undefined): Fault | undefined {
      const forAll = [...faults.values()].filter((fault) => fault.apiKey === undefined);
      const forKey = [...faults.values()].filter(
        (fault) => fault.apiKey !== undefined && fault.apiKey === apiKey,
      );
      return [...forKey, ...forAll].find(({ rate }) => Math.random() < rate);
    },
  };
}
