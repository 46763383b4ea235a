import { EventEmitter } from 'node:events';
import type { Fault } from './fault.ts';

export type FaultSwitch = ReturnType<typeof createFaultSwitch>;

/** Creates the switch for the fault of `POST /identify`. At first there is none. */
export function createFaultSwitch() {
  let current: Fault | null = null;
  const changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);

  return {
    /** Emits `change` when a fault is set or ended. */
    changes,

    /** The fault that is set; null if there is none. */
    current: (): Fault | null => current,

    /** @param fault null ends the one that is set */
    set(fault: Fault | null): void {
      current = fault;
      changes.emit('change');
    },

    /** Throws the dice for one call: the fault that hits it, or undefined. */
    pick(): Fault | undefined {
      return current !== null && Math.random() < current.rate ? current : undefined;
    },
  };
}
