import { setTimeout as delay } from 'node:timers/promises';

/** Nat refuses one call in ten, or accepts it and its answer is lost. */
const FAULTS = [
  { rate: 0.1, status: 503 },
  { rate: 0.1, dropAfterAccept: true },
];
const OUTAGE = { rate: 1, status: 503 };
const TURN_MS = 1000;

/**
 * Sets faults in the Nat sandbox, another one each second, until `end` is called.
 *
 * @param natUrl the URL of the sandbox
 * @param say called when an outage starts and ends
 */
export function startFaults(natUrl: string, say: (line: string) => void) {
  let outage: Promise<void> | undefined;
  let isDown = false;
  let ended = false;
  const turns = takeTurns();
  return {
    /** Starts an outage of so many ms; the other faults continue after it. */
    startOutage(ms: number): void {
      outage = haveOutage(ms);
    },
    /** Waits for the end of the outage, then removes all faults. */
    async end(): Promise<void> {
      await outage;
      ended = true;
      await turns;
      await fetch(`${natUrl}/faults`, { method: 'DELETE' });
    },
  };

  async function takeTurns(): Promise<void> {
    for (let turn = 0; !ended; turn += 1) {
      await setFaults(isDown ? OUTAGE : FAULTS[turn % FAULTS.length]);
      await delay(TURN_MS);
    }
  }

  async function haveOutage(ms: number): Promise<void> {
    say(`Nat is down for ${ms / 1000} seconds`);
    isDown = true;
    await delay(ms);
    isDown = false;
    say('Nat is back');
  }

  async function setFaults(faults: object | undefined): Promise<void> {
    await fetch(`${natUrl}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
  }
}
