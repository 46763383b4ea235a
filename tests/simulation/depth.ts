import { HOUR_MS } from '../../lib/runtime/durations.ts';
import type { Change } from './known.ts';

/** A delivery is deep if it took more tries than these. */
const FEW_TRIES = 2;

/** How hard the deliveries of some runs were. */
export interface Depth {
  deliveries: number;
  /** How many took more than two tries. */
  deep: number;
  /** The most tries that one took. */
  mostTries: number;
  /** The longest time from a first failed try to the delivery, ms. */
  longestOutageMs: number;
  onSettled(change: Change): void;
  toString(): string;
}

/** Counts how many tries deliveries take, so that the simulation cannot become shallow unseen. */
export function createDepth(): Depth {
  return {
    deliveries: 0,
    deep: 0,
    mostTries: 0,
    longestOutageMs: 0,

    onSettled({ one, after }) {
      one.tries += 1;
      if (after.status !== 'delivered') {
        one.failingSince ??= Date.now();
        return;
      }
      this.deliveries += 1;
      if (one.tries > FEW_TRIES) this.deep += 1;
      this.mostTries = Math.max(this.mostTries, one.tries);
      const outageMs = Date.now() - (one.failingSince ?? Date.now());
      this.longestOutageMs = Math.max(this.longestOutageMs, outageMs);
    },

    toString() {
      const share = Math.round((100 * this.deep) / Math.max(this.deliveries, 1));
      const hours = Math.round(this.longestOutageMs / HOUR_MS);
      return `${this.deliveries} deliveries, ${share} % of them with more than ${FEW_TRIES} tries; at most ${this.mostTries} tries, longest outage ${hours} hours`;
    },
  };
}
