import { HOUR_MS } from '../../lib/runtime/durations.ts';
import type { Change } from './known.ts';

/** A delivery is deep if it took more tries than these. */
const FEW_TRIES = 2;

/** How hard the deliveries of some runs were, and what happened in them. */
export interface Depth {
  deliveries: number;
  /** How many took more than two tries. */
  deep: number;
  /** The most tries that one took. */
  mostTries: number;
  /** The longest time from a first failed try to the delivery, ms. */
  longestOutageMs: number;
  /** How often each thing happened. */
  happened: Map<string, number>;
  onSettled(change: Change): void;
  count(what: string): void;
  toString(): string;
}

/** Counts what happens, so that the simulation cannot become shallow unseen. */
export function createDepth(): Depth {
  return {
    deliveries: 0,
    deep: 0,
    mostTries: 0,
    longestOutageMs: 0,
    happened: new Map(),

    count(what) {
      this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
    },

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
      const counts = [...this.happened].sort(([a], [b]) => a.localeCompare(b));
      const list = counts.map(([what, count]) => `  ${String(count).padStart(7)}  ${what}\n`);
      return `${this.deliveries} deliveries, ${share} % of them with more than ${FEW_TRIES} tries; at most ${this.mostTries} tries, longest outage ${hours} hours\n${list.join('')}`;
    },
  };
}
