import { setTimeout as delay } from 'node:timers/promises';

/** Nat does not take one call in ten; or it does, and its answer is lost. */
const FAULTS = [
  { rate: 0.1, status: 503 },
  { rate: 0.1, dropAfterAccept: true },
];
const OUTAGE = { rate: 1, status: 503 };
const TURN_MS = 1000;

/**
 * Lets the Nat sandbox misbehave, in turns of a second, until it is told to end.
 *
 * @param natUrl where the sandbox is
 * @param say told when an outage begins and ends
 */
export function startFaults(natUrl: string, say: (line: string) => void) {
  let outage: Promise<void> | undefined;
  let isDown = false;
  let ended = false;
  const turns = takeTurns();
  return {
    /** Takes Nat down for a while, ms; the other faults go on afterwards. */
    haveOutage(ms: number): void {
      outage = beDown(ms);
    },
    /** Waits for the end of the outage, and ends all faults. */
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

  async function beDown(ms: number): Promise<void> {
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
